"""Real Kubernetes clusters and the real Pulumi engine on one Linux machine."""
