"""The errors of backups."""

from __future__ import annotations

from federation.errors import FederationError


class BackupError(FederationError):
    """A backup cannot be made, read or put back."""
