"""When certificates end: what is public in them, and nothing of their keys. Pure, given a clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from federation.gather.objects import name_of
from federation.kubeconfig.document import named, parse
from federation.pem import certificates, unpacked


def found_in(secrets: Iterable[Mapping[str, Any]], now: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Every certificate in the Secrets, alone or in a bundle, with its place.

    Returns:
        where (Secret and key), subject, issuer, names, notBefore, notAfter, days (left, negative if it has ended).
    """
    for secret in secrets:
        for key, packed in sorted((secret.get("data") or {}).items()):
            yield from in_text(unpacked(packed), f"secret {name_of(secret)} {key}", now)


def in_kubeconfig(text: str, now: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Those that a kubeconfig holds itself, of users and authorities."""
    config = parse(text)
    for section, inner, key in (
        ("clusters", "cluster", "certificate-authority-data"),
        ("users", "user", "client-certificate-data"),
    ):
        for name, found in named(config, section, inner).items():
            if isinstance(packed := found.get(key), str):
                yield from in_text(unpacked(packed), f"kubeconfig {inner} {name} {key}", now)


def in_text(text: str, where: str, now: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Those in a text with PEM."""
    now = now or datetime.now(UTC)
    for pem in certificates(text):
        try:
            found = x509.load_pem_x509_certificate(pem.encode())
        except ValueError:
            yield {"where": where, "problem": "it cannot be read"}
            continue
        yield {
            "where": where,
            "subject": found.subject.rfc4514_string(),
            "issuer": found.issuer.rfc4514_string(),
            "names": _names(found),
            "notBefore": found.not_valid_before_utc.isoformat(),
            "notAfter": found.not_valid_after_utc.isoformat(),
            "days": (found.not_valid_after_utc - now).days,
        }


def _names(found: x509.Certificate) -> list[str]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names]
