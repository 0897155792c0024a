"""Every error of this project: its type, its texts and what to do, read from the sources."""

from __future__ import annotations

ROOMS = ("components", "federation", "lab", "policy")
"""Packages whose errors are told."""
