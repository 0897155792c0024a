"""A node as a machine of its own: its first process, its files, its control groups."""
