"""The walk-through's own test: nginx in every member, its addresses, its names, and nothing left of it."""
