"""When certificates and tokens end: out of kubeconfigs, Secrets and handshakes that somebody else has got. Pure.

No key and no token is in what these functions give.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from federation.certificates import CertificateError, expires
from federation.errors import KubeconfigError
from federation.kubeconfig.access import content
from federation.kubeconfig.document import pick
from federation.pem import certificates, unpacked

WARN_DAYS = 30
"""What ends sooner is a problem."""
_INLINE = re.compile(r"""client-certificate-data"?\s*:\s*"?([A-Za-z0-9+/=]+)""")


@dataclass(frozen=True)
class Certificate:
    """A certificate, or a token.

    Attributes:
        what: such as "client certificate".
        where: whose it is or where it was found, such as "federation API".
        expires: until when it is valid; None if that could not be found out.
        note: why not, or where to look.
    """

    what: str
    where: str
    expires: datetime | None
    note: str = ""

    def days(self, now: datetime) -> int | None:
        """Whole days that are left; below 0 if it has ended."""
        return None if self.expires is None else (self.expires - now).days

    def problem(self, now: datetime) -> str | None:
        """What is wrong, as a sentence; None if nothing is."""
        days = self.days(now)
        if self.expires is None or days is None or days >= WARN_DAYS:
            return None
        when = f"{self.expires:%Y-%m-%d}"
        subject = f"{self.what} of {self.where}"
        if days < 0:
            return f"{subject} has ended on {when}"
        return f"{subject} ends on {when}, in {days} day{'s' * (days != 1)}"


def of_context(kubeconfig: str, where: str) -> Iterator[Certificate]:
    """The authorities and the client certificate of the current context, whose data is in the text.

    Of several authorities the one counts that ends last: while they are being replaced, there is an old one beside it.
    """
    try:
        picked = pick(kubeconfig)
        authority = content(picked.subject, picked.cluster, "certificate-authority")
        client = content(picked.subject, picked.user, "client-certificate")
    except KubeconfigError as error:
        yield Certificate("kubeconfig", where, None, error.cause)
        return
    if authority:
        yield _last("authority", where, authority)
    if client:
        yield of_pem("client certificate", where, client)


def of_pem(what: str, where: str, pem: str) -> Certificate:
    """A certificate; the first one, if there is a chain."""
    try:
        return Certificate(what, where, expires(pem))
    except CertificateError as error:
        return Certificate(what, where, None, error.cause)


def of_authority(where: str, pem: str) -> Iterator[Certificate]:
    """Authorities, of which there may be none: the system's are meant then."""
    if pem.strip():
        yield _last("authority", where, pem)


def of_token(where: str, token: str) -> Iterator[Certificate]:
    """A JSON Web Token (RFC 7519) that says when it ends; nothing for others, such as those of Secrets."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        ends = datetime.fromtimestamp(claims["exp"], UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, binascii.Error):
        return
    yield Certificate("token", where, ends)


def of_secrets(secrets: Iterable[Mapping[str, object]], cluster: str) -> list[Certificate]:
    """All certificates in Secrets and in kubeconfigs that they hold, each once; the first to end first.

    One part may hold another's, such as an authority. What only looks like a certificate is left out.
    """
    found: dict[str, Certificate] = {}
    for secret in secrets:
        metadata, data = secret["metadata"], secret.get("data")
        if not isinstance(metadata, Mapping) or not isinstance(data, Mapping):
            continue
        place = f"{metadata['namespace']}/{metadata['name']} in {cluster}"
        for key, value in sorted(data.items()):
            text = unpacked(value)
            for pem in (*certificates(text)[:1], *map(unpacked, _INLINE.findall(text))):
                found.setdefault(pem.strip(), of_pem(str(key), place, pem))
    dated = [(each.expires, each.where, each.what, each) for each in found.values() if each.expires]
    return [each for *_, each in sorted(dated, key=lambda row: row[:3])]


def _last(what: str, where: str, bundle: str) -> Certificate:
    every = [of_pem(what, where, pem) for pem in certificates(bundle)]
    known = [each for each in every if each.expires]
    if known:
        return max(known, key=lambda c: c.expires or datetime.min.replace(tzinfo=UTC))
    return every[0] if every else Certificate(what, where, None, "not a certificate in PEM")
