"""A stand-in for Azure: resource manager, Entra tokens, DNS and AKS on one machine, for the demo and the tests."""
