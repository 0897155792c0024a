"""Certificates as resources: issued once, kept in the state, issued anew before they expire.

They touch neither disk nor network. Private keys are secret outputs. What a preview shows as an update of a
certificate without any changed input is its renewal: fewer than `renew_before_days` are left.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource, options, unknown
from federation import certificates
from federation.certificates import CertificateError, Pair, Spec


def clock() -> datetime:
    """Now; replaced in tests."""
    return datetime.now(UTC)


class _Issuer(Provider):
    """What authorities and certificates have in common. Deleting one only forgets it."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Bring names and usages into one order, so that another order is no diff.

        Raises `CertificateError` for what cannot be issued, or would be issued anew by each update.
        """
        known = {key: value for key, value in news.items() if not unknown(value)}
        inputs = {**news, **_tidy(known)}
        if len(known) == len(news):
            _refuse(inputs)
        return CheckResult(inputs, [])

    def diff(self, id_: str, olds: Props, news: Props) -> DiffResult:
        """Whether an input that is in the certificate has changed, or its time has come. Never deletes first."""
        found = super().diff(id_, olds, news)
        changes = found.changes or _is_due(olds, news) or self.other_signer(olds, news)
        return DiffResult(changes=changes, replaces=found.replaces, delete_before_replace=False)

    def other_signer(self, _olds: Props, _news: Props) -> bool:
        """Whether somebody else signs now; nobody else does for an authority."""
        return False


class AuthorityProvider(_Issuer):
    """Updates in place keep the key, so that what the authority has issued stays valid."""

    compared: ClassVar[Sequence[str]] = ("days", "generation")
    replacing: ClassVar[Sequence[str]] = ("commonName",)

    def create(self, props: Props) -> CreateResult:
        """A new key."""
        return CreateResult(_new_id(), _authority(props, key=None))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """The same key and subject, new dates."""
        return UpdateResult(_authority(news, key=olds["key"]))


class CertificateProvider(_Issuer):
    """Updates in place make a new key, too."""

    compared: ClassVar[Sequence[str]] = (
        "commonName",
        "organization",
        "names",
        "usages",
        "days",
        "generation",
    )

    def create(self, props: Props) -> CreateResult:
        """Issue it."""
        return CreateResult(_new_id(), _leaf(props))

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Issue it anew."""
        return UpdateResult(_leaf(news))

    def other_signer(self, olds: Props, news: Props) -> bool:
        """By the key of the authority: its certificate may be renewed without all leaves following."""
        if unknown(news["caCertificate"]):
            return True
        old, new = (certificates.key_identifier(props["caCertificate"]) for props in (olds, news))
        return old != new


class KeyPairProvider(Provider):
    """A higher generation is a new key; the one before it still verifies."""

    compared: ClassVar[Sequence[str]] = ("generation",)

    def create(self, props: Props) -> CreateResult:
        """A new key."""
        return CreateResult(_new_id(), _keys(props, previous=""))

    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """A new key, and the newest of the old public ones behind its own."""
        end = "-----END PUBLIC KEY-----\n"
        newest = olds["certificate"].partition(end)[0] + end
        return UpdateResult(_keys(news, previous=newest))


def _new_id() -> str:
    """Means nothing: what a certificate says may change while it stays the same resource."""
    return secrets.token_hex(8)


def _tidy(inputs: Props) -> Props:
    tidied = {}
    if "names" in inputs:
        hosts, addresses = certificates.split_names(inputs["names"])
        tidied["names"] = [*hosts, *addresses]
    if "usages" in inputs:
        tidied["usages"] = sorted(set(inputs["usages"]))
    return tidied


def _refuse(inputs: Props) -> None:
    spec = _spec(inputs)
    certificates.check(spec)
    if inputs["renewBeforeDays"] >= spec.days:
        cause = (
            f"it is valid for {spec.days} days and renewed {inputs['renewBeforeDays']:g} days before its end"
        )
        raise CertificateError(f"certificate {spec.common_name}", cause, "renew it fewer days before")


def _spec(props: Props) -> Spec:
    """Numbers arrive as floats."""
    return Spec(
        common_name=props["commonName"],
        organization=props.get("organization", ""),
        names=tuple(props.get("names", ())),
        usages=tuple(props.get("usages", certificates.USAGES)),
        days=int(props["days"]),
    )


def _is_due(olds: Props, news: Props) -> bool:
    days = news["renewBeforeDays"]
    return not unknown(days) and certificates.due(olds["certificate"], renew_before_days=days, now=clock())


def _authority(props: Props, *, key: str | None) -> Props:
    return _outputs(
        props, certificates.authority(props["commonName"], days=int(props["days"]), now=clock(), key=key)
    )


def _leaf(props: Props) -> Props:
    """The authority's key is not repeated in the outputs: there are copies enough of it."""
    signer = Pair(props["caCertificate"], props["caKey"])
    inputs = {key: value for key, value in props.items() if key != "caKey"}
    return _outputs(inputs, certificates.issue(_spec(props), signer, now=clock()))


def _outputs(props: Props, pair: Pair) -> Props:
    return {
        **props,
        "certificate": pair.certificate,
        "key": pair.key,
        "expires": certificates.expires(pair.certificate).isoformat(),
        "fingerprint": certificates.fingerprint(pair.certificate),
    }


def _keys(props: Props, *, previous: str) -> Props:
    pair = certificates.key_pair()
    public = pair.certificate + previous
    digest = sha256(public.encode()).hexdigest()
    return {**props, "certificate": public, "key": pair.key, "fingerprint": digest}


@dataclass(frozen=True, kw_only=True)
class AuthorityArgs:
    """Inputs of `CertificateAuthority`; changing `common_name` replaces it."""

    common_name: str
    days: int
    renew_before_days: int
    generation: int = 0


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Inputs of `Certificate`; another `generation` forces a renewal.

    Attributes:
        authority: signs it.
        names: DNS names and IP addresses that it serves under.
        usages: "server", "client" or both.
        days: of validity.
        renew_before_days: an update that finds fewer days left issues it anew.
    """

    authority: CertificateAuthority
    common_name: str
    organization: str = ""
    names: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    usages: Sequence[str]
    days: int
    renew_before_days: int
    generation: int = 0


_OUTPUTS = {
    "certificate": None,
    "key": None,
    "expires": None,
    "fingerprint": None,
}  # unnamed, they were no attributes


class _Issued(Resource):
    """Attributes, all in PEM where it applies.

    Attributes:
        certificate: the certificate.
        key: its private key; secret.
        expires: when it ends, RFC 3339.
        fingerprint: SHA-256 of the certificate, in hexadecimal digits.
    """

    certificate: pulumi.Output[str]
    key: pulumi.Output[str]
    expires: pulumi.Output[str]
    fingerprint: pulumi.Output[str]


class CertificateAuthority(_Issued, module="federation", name="CertificateAuthority"):
    """A self-signed authority.

    It is renewed under its key and subject, which leaves all it has issued valid. A new key is made when the resource
    is replaced (`pulumi up --replace URN`); what it has issued is then issued anew in the same update.
    """

    def __init__(self, name: str, args: AuthorityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            "commonName": args.common_name,
            "days": args.days,
            "renewBeforeDays": args.renew_before_days,
            "generation": args.generation,
        }
        super().__init__(AuthorityProvider(), name, {**_OUTPUTS, **props}, options(opts, secrets=["key"]))


class Certificate(_Issued, module="federation", name="Certificate"):
    """A certificate that an authority has issued."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            "caCertificate": args.authority.certificate,
            "caKey": args.authority.key,
            "commonName": args.common_name,
            "organization": args.organization,
            "names": args.names,
            "usages": list(args.usages),
            "days": args.days,
            "renewBeforeDays": args.renew_before_days,
            "generation": args.generation,
        }
        super().__init__(CertificateProvider(), name, {**_OUTPUTS, **props}, options(opts, secrets=["key"]))


class KeyPair(Resource, module="federation", name="KeyPair"):
    """What signs tokens of service accounts. It does not expire.

    Attributes:
        certificate: the public keys that verify, the newest first: two after `generation` has changed, so that tokens
            in use stay valid.
        key: the private key; secret.
        fingerprint: SHA-256 of `certificate`'s text, in hexadecimal digits.
    """

    certificate: pulumi.Output[str]
    key: pulumi.Output[str]
    fingerprint: pulumi.Output[str]

    def __init__(self, name: str, *, generation: int = 0, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {"certificate": None, "key": None, "fingerprint": None, "generation": generation}
        super().__init__(KeyPairProvider(), name, props, options(opts, secrets=["key"]))
