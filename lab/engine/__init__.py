"""Running the Pulumi engine: its environment, and a Python language host where the real one is not there."""
