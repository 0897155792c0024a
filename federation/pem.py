"""Certificates in texts, and texts in base64, as Secrets and kubeconfigs hold them."""

from __future__ import annotations

import base64
import re

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def certificates(text: str) -> list[str]:
    """Every certificate in a text, in PEM (RFC 7468); whether it can be read is for others to say."""
    return _CERTIFICATE.findall(text)


def unpacked(packed: object) -> str:
    """The text in base64; empty if it is none."""
    try:
        return base64.b64decode(str(packed)).decode()
    except ValueError:  # of both: binascii.Error and UnicodeDecodeError are such
        return ""
