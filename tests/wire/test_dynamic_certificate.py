"""Certificates as resources, in the real server: what each verb answers, and what a preview shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509.verification import PolicyBuilder, Store

from components.dynamic.certificate import AuthorityProvider, CertificateProvider, KeyPairProvider
from federation.certificates import Spec, authority, fingerprint, issue, key_identifier
from tests.wire.dynamic_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    UNKNOWN,
    Diff,
    Made,
    Remote,
    Server,
    refusal,
    server_fixture,
)

Props = dict[str, Any]
CA: Props = {"commonName": "karmada", "days": 4000, "renewBeforeDays": 400, "generation": 0}
LEAF: Props = {
    "commonName": "system:karmada:etcd",
    "organization": "",
    "names": ["localhost", "127.0.0.1"],
    "usages": ["server", "client"],
    "days": 365,
    "renewBeforeDays": 60,
    "generation": 0,
}
NOTHING = Diff(changes=False)
UPDATE = Diff(changes=True)
OUTPUTS = {"certificate", "key", "expires", "fingerprint"}


@pytest.fixture(name="ca")
def ca_fixture(server: Server) -> Remote:
    return server.of(AuthorityProvider())


@pytest.fixture(name="leaf")
def leaf_fixture(server: Server) -> Remote:
    return server.of(CertificateProvider())


def made(remote: Remote, inputs: Props) -> Made:
    return remote.create(remote.check({}, inputs))


def signed_by(outs: Props) -> Props:
    return {"caCertificate": outs["certificate"], "caKey": outs["key"]}


def verify(leaf: str, ca: str) -> None:
    leaf_, root = (x509.load_pem_x509_certificate(pem.encode()) for pem in (leaf, ca))
    PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName("localhost")).verify(leaf_, [])


def test_an_authority_and_its_leaf_are_made_and_then_at_rest(ca: Remote, leaf: Remote) -> None:
    root = made(ca, CA)
    assert root.outs == {**CA, **{key: root.outs[key] for key in OUTPUTS}}
    inputs = {**LEAF, **signed_by(root.outs)}
    one = made(leaf, inputs)
    verify(one.outs["certificate"], root.outs["certificate"])
    assert one.outs["fingerprint"] == fingerprint(one.outs["certificate"])
    lifetime = datetime.fromisoformat(one.outs["expires"]) - datetime.now(UTC)
    assert timedelta(days=364, hours=23) < lifetime <= timedelta(days=365)
    assert ca.diff(root.id, root.outs, ca.check(CA, CA)) == NOTHING
    assert leaf.diff(one.id, one.outs, leaf.check(inputs, inputs)) == NOTHING


def test_the_authoritys_key_is_not_repeated_among_the_outputs(ca: Remote, leaf: Remote) -> None:
    root = made(ca, CA).outs
    outs = made(leaf, {**LEAF, **signed_by(root)}).outs
    assert root["key"] not in outs.values()
    assert set(outs) == {*LEAF, *OUTPUTS, "caCertificate"}


def test_a_refresh_returns_what_is_stored(ca: Remote, leaf: Remote) -> None:
    root = made(ca, CA)
    one = made(leaf, {**LEAF, **signed_by(root.outs)})
    assert ca.read(root.id, root.outs) == root
    assert leaf.read(one.id, one.outs) == one
    leaf.delete(one.id, one.outs)
    ca.delete(root.id, root.outs)


@pytest.mark.parametrize(
    "changed",
    [
        {"commonName": "system:karmada:x"},
        {"organization": "system:masters"},
        {"names": ["localhost"]},
        {"usages": ["server"]},
        {"days": 366},
        {"generation": 1},
    ],
    ids=str,
)
def test_a_changed_input_is_a_new_certificate_with_a_new_key(
    ca: Remote, leaf: Remote, changed: Props
) -> None:
    inputs = {**LEAF, **signed_by(made(ca, CA).outs)}
    old = made(leaf, inputs)
    news = leaf.check(inputs, {**inputs, **changed})
    assert leaf.diff(old.id, old.outs, news) == UPDATE
    outs = leaf.update(old.id, old.outs, news)
    assert set(outs) == set(old.outs)
    assert all(outs[key] != old.outs[key] for key in OUTPUTS - {"expires"})
    assert leaf.diff(old.id, outs, news) == NOTHING


@pytest.mark.parametrize(
    "changed",
    [
        {"names": ["127.0.0.1", "LOCALHOST", "localhost"]},
        {"usages": ["client", "server"]},
        {"renewBeforeDays": 30},
    ],
    ids=str,
)
def test_another_order_or_a_later_renewal_is_no_change(ca: Remote, leaf: Remote, changed: Props) -> None:
    inputs = {**LEAF, **signed_by(made(ca, CA).outs)}
    old = made(leaf, inputs)
    assert leaf.diff(old.id, old.outs, leaf.check(inputs, {**inputs, **changed})) == NOTHING


@pytest.mark.parametrize(
    "unknown", [{"caCertificate": UNKNOWN, "caKey": UNKNOWN}, {"names": ["localhost", UNKNOWN]}]
)
def test_what_a_preview_does_not_know_is_an_update(ca: Remote, leaf: Remote, unknown: Props) -> None:
    inputs = {**LEAF, **signed_by(made(ca, CA).outs)}
    old = made(leaf, inputs)
    news = leaf.check(inputs, {**inputs, **unknown})
    assert {key: news[key] for key in unknown} == unknown
    assert leaf.diff(old.id, old.outs, news) == UPDATE


def test_a_renewed_authority_leaves_its_leaves_alone(ca: Remote, leaf: Remote) -> None:
    root = made(ca, CA)
    inputs = {**LEAF, **signed_by(root.outs)}
    one = made(leaf, inputs)
    news = ca.check(CA, {**CA, "generation": 1})
    assert ca.diff(root.id, root.outs, news) == UPDATE
    renewed = ca.update(root.id, root.outs, news)
    assert renewed["certificate"] != root.outs["certificate"]
    assert renewed["key"] == root.outs["key"]
    verify(one.outs["certificate"], renewed["certificate"])
    assert leaf.diff(one.id, one.outs, leaf.check(inputs, {**inputs, **signed_by(renewed)})) == NOTHING


def test_an_authority_with_another_key_issues_its_leaves_anew(ca: Remote, leaf: Remote) -> None:
    inputs = {**LEAF, **signed_by(made(ca, CA).outs)}
    one, other = made(leaf, inputs), made(ca, CA).outs
    news = leaf.check(inputs, {**inputs, **signed_by(other)})
    assert leaf.diff(one.id, one.outs, news) == UPDATE
    verify(leaf.update(one.id, one.outs, news)["certificate"], other["certificate"])


def test_an_authority_of_another_name_is_another_one_and_made_first(ca: Remote) -> None:
    root = made(ca, CA)
    news = ca.check(CA, {**CA, "commonName": "other"})
    assert ca.diff(root.id, root.outs, news) == Diff(True, ["commonName"], delete_before_replace=False)


def aged(outs: Props, days_left: int) -> Props:
    """The outputs of a leaf that was issued long ago by an authority of the same age."""
    now = datetime.now(UTC) - timedelta(days=365 - days_left)
    signer = authority("karmada", days=4000, now=now)
    old = issue(Spec(common_name="system:karmada:etcd", days=365), signer, now=now)
    return {**outs, "certificate": old.certificate, "caCertificate": signer.certificate, "caKey": signer.key}


@pytest.mark.parametrize(("days_left", "found"), [(61, NOTHING), (59, UPDATE), (-3, UPDATE)])
def test_renewal_shows_in_a_preview_when_its_time_has_come(leaf: Remote, days_left: int, found: Diff) -> None:
    inputs = {**LEAF, **(old := aged(leaf.check({}, {**LEAF, "caCertificate": "", "caKey": ""}), days_left))}
    news = {key: inputs[key] for key in (*LEAF, "caCertificate", "caKey")}
    assert leaf.diff("x", old, news) == found
    assert leaf.diff("x", old, {**news, "renewBeforeDays": UNKNOWN}) == NOTHING


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (
            {"renewBeforeDays": 365},
            "it is valid for 365 days and renewed 365 days before its end. Next: renew it fewer days before",
        ),
        ({"names": ["10.0.0.300"]}, "'10.0.0.300' is neither a DNS name nor an address. Next: correct it"),
    ],
)
def test_a_wrong_input_is_refused_in_the_preview(server: Server, changed: Props, what: str) -> None:
    inputs = {**LEAF, **changed, "caCertificate": "", "caKey": ""}
    message = refusal(server.of(CertificateProvider()).check, {}, inputs)
    assert message == f"certificate system:karmada:etcd: {what}."
    assert server.stderr == ""


def test_a_key_pair_is_kept_until_its_generation_changes(server: Server) -> None:
    keys = server.of(KeyPairProvider())
    first = made(keys, {"generation": 0})
    assert set(first.outs) == {"certificate", "key", "fingerprint", "generation"}
    assert not keys.diff(first.id, first.outs, {"generation": 0}).changes
    assert keys.read(first.id, first.outs) == first
    assert keys.diff(first.id, first.outs, {"generation": 1}).changes
    second = keys.update(first.id, first.outs, {"generation": 1})
    assert second["fingerprint"] != first.outs["fingerprint"]
    private = load_pem_private_key(second["key"].encode(), None)
    assert load_pem_public_key(second["certificate"].encode()) == private.public_key()


def test_tokens_of_the_previous_key_still_verify_and_those_before_it_do_not(server: Server) -> None:
    keys = server.of(KeyPairProvider())
    first = made(keys, {"generation": 0}).outs
    second = keys.update("x", first, {"generation": 1})
    third = keys.update("x", second, {"generation": 2})
    assert second["certificate"].endswith(first["certificate"])
    assert third["certificate"].count("BEGIN PUBLIC KEY") == 2
    newest = second["certificate"].removesuffix(first["certificate"])
    assert third["certificate"].endswith(newest)


def test_references_are_tiny(server: Server) -> None:
    for provider in (AuthorityProvider, CertificateProvider, KeyPairProvider):
        assert len(server.of(provider()).reference) < 120


def test_an_authority_is_known_by_its_key_whatever_its_dates(ca: Remote) -> None:
    root = made(ca, CA).outs
    renewed = ca.update("x", root, {**CA, "days": 5000})
    assert key_identifier(renewed["certificate"]) == key_identifier(root["certificate"])
    assert renewed["expires"] > root["expires"]
