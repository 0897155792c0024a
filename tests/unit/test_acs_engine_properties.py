"""Whatever is given to the conversion, it answers, tells of every value once, and shows no secret."""

from __future__ import annotations

import base64
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from federation.acs_engine import Conversion, Options, convert
from federation.acs_engine.keys import JUDGED, dropped
from federation.acs_engine.tree import MOST_VALUES, NotJsonError, leaves, parse
from federation.acs_engine.values import dotted
from federation.convert import Wishes
from federation.convert import convert as convert_files

CORPUS = Path(__file__).parent / "api_models"
LOCATION = Options(location="eastus")

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["Kubernetes", "vlabs", "Standard_D2_v2", "Windows", "1", 1, 3, 10**400, "-----BEGIN PRIVATE KEY"]
    )
)
KEYS = sorted(
    {part for path in [*JUDGED, *(p for p, _, _ in dropped())] for part in path.split(".") if part != "*"}
)
keys = st.sampled_from(KEYS) | st.text(max_size=9)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=30,
)


def _paths(value: Any, loc: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Of all leaves, found in another way than the conversion finds them."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _paths(each, (*loc, key))
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from _paths(each, (*loc, index))
    else:
        yield dotted(loc) or "the document"


def _seed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CORPUS / "seed-k8.json").read_text())
    return found


@settings(max_examples=150, deadline=None)
@given(documents.filter(lambda document: not isinstance(document, str)))  # which would be a text
def test_every_leaf_of_any_document_is_told_once(document: Any) -> None:
    _told_once(document)


@settings(max_examples=100, deadline=None)
@given(documents, st.sampled_from(KEYS), st.data())
def test_every_leaf_of_a_file_with_something_odd_inside_is_told_once(odd: Any, key: str, data: Any) -> None:
    document = _seed()
    places = [document, document["properties"], *document["properties"].values()]
    place = data.draw(st.sampled_from([p for p in places if isinstance(p, dict)]))
    place[key] = odd
    _told_once(document)


def _told_once(document: Any) -> None:
    done = convert(document, options=LOCATION)
    hidden = [line for line in done.report if "(not shown)" in line.path]
    if not hidden:
        assert Counter(line.path for line in done.report) == Counter(_paths(document))
    assert done.ok == bool(done.cluster)
    assert len(done.report) == len(list(_paths(document)))
    if all(abs(number) < 1e15 for number in _numbers(document)):  # false for what is no number
        text = json.dumps(document, indent=1)
        again = convert(text, options=LOCATION)
        assert [_plain(line) for line in again.report] == [_plain(line) for line in done.report]
        lines = text.split("\n")
        for line in again.report:
            assert line.line is not None
            assert 1 <= line.line <= len(lines)


@given(st.lists(st.tuples(st.sampled_from(["id", "ID", "tags", "name"]), st.integers(0, 9)), min_size=1))
def test_keys_that_stand_again_are_told_with_the_line_of_the_one_that_counts(
    pairs: list[tuple[str, int]],
) -> None:
    body = ",\n".join(f'"{key}": {value}' for key, value in pairs)
    report = convert(f'{{\n{body},\n"properties": {{}}}}', options=LOCATION).report
    assert [(line.path, line.old) for line in report[:-1]] == [(key, str(value)) for key, value in pairs]
    assert [line.line for line in report] == [*range(2, len(pairs) + 3)]
    for line in report[:-1]:
        last = max(n for n, (key, _) in enumerate(pairs, start=2) if key.lower() == line.path.lower())
        again = f"the key stands again in line {last}, and the last one counts"
        assert (line.reason == again) == (line.line != last)


def _plain(line: Any) -> tuple[str, str, str]:
    return line.path, line.verdict, line.new


def _numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _numbers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int | float):
        yield value


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b"\xff\xfe\x00")
@example(b"\xff\xfe{\x00")
@example(b"\xef\xbb\xbf")
@example(b'{"a": "\xff"}')
@example(b'{"a": 1e999999, "a": -1e999999, "": []}')
@example(b'"\\ud800"')
@example(b'{"\\ud800": "\\udfff"}')
@example(b"[Global]\nsecret = x\\\n")
@example(b'[Global "x"]\nzones = "\n')
@example(b"{" * 5000)
@example(b"- " * 5000)
@example(b"a: &a [*a]")
def test_bytes_of_any_kind_are_converted_or_refused(raw: bytes) -> None:
    _answers(convert(raw, options=LOCATION))
    done = convert_files([("file", raw)], Wishes(locations=("eastus",)))
    assert (done.topology is None) == bool(done.problems)
    json.dumps([done.topology, done.problems, done.notes], ensure_ascii=False).encode()


def _answers(done: Conversion) -> None:
    assert done.ok == bool(done.cluster)
    for line in done.report:
        f"{line.path} {line.old} {line.new} {line.reason}".encode()  # nothing that a terminal could not take
        assert (line.path + line.old + line.new).isprintable()


@settings(max_examples=200, deadline=None)
@given(st.integers())
def test_files_of_the_corpus_with_bytes_changed_are_converted_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(chance.choice(sorted(CORPUS.glob("*.json"))).read_bytes())
    for _ in range(chance.randint(1, 5)):
        if raw:
            at = chance.randrange(len(raw))
            raw[at : at + chance.choice([0, 1, 1, 9])] = chance.choice(
                [b"", b'"', b"{", b"\xff", b"0", b",", b"null"]
            )
    _answers(convert(bytes(raw), options=LOCATION))


@given(st.text(max_size=200))
def test_a_text_is_read_as_the_standard_library_reads_it(text: str) -> None:
    _same(text)


@settings(max_examples=100, deadline=None)
@given(documents, st.sampled_from([None, 0, 1, "\t"]))
def test_a_document_is_read_as_the_standard_library_reads_it(document: Any, indent: Any) -> None:
    _same(json.dumps(document, indent=indent))


def _same(text: str) -> None:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        wanted = json.loads(text.removeprefix("\ufeff"), parse_constant=refuse)
    except (ValueError, RecursionError):
        wanted = NotImplemented
    try:
        found = [dotted(leaf.loc) or "the document" for leaf in leaves(parse(text)) if leaf.again is None]
    except NotJsonError:
        assert wanted is NotImplemented
        return
    assert wanted is not NotImplemented
    if text.isascii() and "\\u" not in text and text.lower() == text:
        assert Counter(found) == Counter(_paths(wanted))


class Odd:
    """Not JSON at all."""


def test_what_is_no_document_is_refused() -> None:
    ring: list[Any] = []
    ring.append(ring)
    bomb: list[Any] = []
    for _ in range(40):
        bomb = [bomb, bomb]
    for document in (Odd(), {1: 2}, {"a": {1, 2}}, ring, b"", None, object, {"a": Odd()}):
        done = convert(document)
        assert done.problems
        assert not done.cluster
    assert convert(bomb).problems == ("has too many values",)


def test_the_most_values_that_a_file_may_have_are_told_about_in_seconds() -> None:
    most = {"properties": {f"{KEYS[n % len(KEYS)]}{n}"[:40]: n for n in range(MOST_VALUES - 3)}}
    begun = time.process_time()
    assert len(convert(json.dumps(most)).report) == MOST_VALUES - 3
    assert time.process_time() - begun < 10
    most["properties"] |= {str(n): n for n in range(9)}
    assert convert(json.dumps(most)).problems == ("has too many values (line 1)",)


def test_a_file_is_read_as_a_whole_up_to_four_mebibytes_only() -> None:
    assert convert(b" " * (4 << 20) + b"1").problems == ("is larger than 4 MiB",)
    assert convert(" " * (4 << 20) + "1").problems == ("is larger than 4 MiB",)


def _key() -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Ed25519PrivateKey.generate().private_bytes(*form).decode()


PLACES = [
    ("servicePrincipalProfile", "secret"),
    ("servicePrincipalProfile", "servicePrincipalClientSecret"),
    ("windowsProfile", "adminPassword"),
    ("certificateProfile", "kubeConfigPrivateKey"),
    ("certificateProfile", "etcdServerPrivateKey"),
    ("accessProfiles", "kubeConfig"),
    ("aadProfile", "serverAppSecret"),
    ("unknownProfile", "api-key"),
    ("linuxProfile", "PASSWORD"),
]


@pytest.mark.parametrize("place", PLACES, ids=".".join)
@given(value=st.text(min_size=4, max_size=40).filter(lambda text: text.strip() != ""))
@settings(max_examples=20, deadline=None)
def test_a_secret_at_a_place_for_one_is_refused_and_not_shown(place: tuple[str, str], value: str) -> None:
    document = _seed()
    secret = f"s3cr3t{value}"
    document["properties"].setdefault(place[0], {})[place[1]] = secret
    _refused(document, f"properties.{place[0]}.", secret)


@pytest.mark.parametrize("nested", [{"a": "{}"}, ["{}"], [[{"b": "{}"}]]], ids=str)
def test_a_secret_below_such_a_place_is_refused_too(nested: Any) -> None:
    document = _seed()
    secret = "s3cr3t-value"
    document["properties"]["servicePrincipalProfile"]["secret"] = json.loads(
        json.dumps(nested).replace("{}", secret)
    )
    _refused(document, "properties.servicePrincipalProfile.secret", secret)


JWT = (b'{"alg":"HS256"}', b'{"sub":"s3cr3t"}', b"signature")


def _values() -> dict[str, str]:
    key = _key()
    return {
        "pem": key,
        "pem-inside": f"#!/bin/sh\ncat <<EOF\n{key}EOF",
        "base64": base64.b64encode(key.encode()).decode(),
        "sas": "https://example.blob.core.windows.net/a?sv=2018&sig=s3cr3ts1gnature%3D",
        "url": "https://operator:s3cr3t@example.com/charts",
        "connection": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=czNjcjN0czNjcjN0",
        "jwt": ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in JWT),
    }


@pytest.mark.parametrize("kind", _values())
@pytest.mark.parametrize(
    "place", ["linuxProfile.scriptroot", "masterProfile.vmSize", "masterProfile.dnsPrefix", "x"]
)
def test_what_looks_like_a_secret_is_refused_wherever_it_stands(kind: str, place: str) -> None:
    document, secret = _seed(), _values()[kind]
    section, _, key = place.partition(".")
    document["properties"].setdefault(section, {})[key] = secret
    _refused(document, f"properties.{section}", secret)


def test_a_secret_as_the_name_of_a_pool_that_is_left_out_is_in_no_note() -> None:
    document = _seed()
    secret = base64.b64encode(_key().encode()).decode()
    document["properties"]["agentPoolProfiles"].append({"name": secret, "osType": "Windows"})
    _refused(document, "properties.agentPoolProfiles[1].name", secret)


def test_a_secret_as_a_key_is_not_shown() -> None:
    document, secret = _seed(), _key()
    document["properties"]["certificateProfile"] = {secret: {"a": 1}}
    done = _refused(document, "properties.certificateProfile", secret)
    assert any(line.path == 'properties.certificateProfile["(not shown)"].a' for line in done.report)


def _refused(document: Any, path: str, secret: str) -> Conversion:
    lines = secret.strip().splitlines()
    inner = lines[-2] if lines[0].startswith("-----BEGIN ") else lines[0]
    for form in (document, json.dumps(document), json.dumps(document, indent=2).encode("utf-16")):
        done = convert(form, options=LOCATION)
        assert any(line.verdict == "refused" and line.path.startswith(path) for line in done.report)
        assert not done.cluster
        shown = repr(done) + json.dumps([vars(line) for line in done.report])
        for piece in (
            secret,
            json.dumps(secret)[1:-1],
            inner,
            "s3cr3t",
        ):
            assert piece not in shown
    return done


@pytest.mark.parametrize(
    "value",
    [
        "",
        None,
        False,
        "/subscriptions/S/resourceGroups/R/providers/Microsoft.KeyVault/vaults/V/secrets/N",
        "https://v.vault.azure.net/secrets/n/1",
    ],
)
def test_a_reference_to_a_secret_is_none(value: Any) -> None:
    document = _seed()
    document["properties"]["servicePrincipalProfile"]["secret"] = value
    assert convert(document, options=LOCATION).problems == ()
