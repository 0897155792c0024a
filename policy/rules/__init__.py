"""The rules, one module for each concern."""
