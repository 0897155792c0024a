"""Pulumi components: what a stack is made of. No HTTP, no loops over live state."""
