"""Federations on real clusters; a package, so that its fixtures end with it: the lab of three clusters is large."""
