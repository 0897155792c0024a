"""The federation: what it is made of and how it is kept true. Knows nothing of Pulumi."""
