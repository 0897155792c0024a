"""What is taken out of texts and objects, and what stays."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from federation.gather.redact import GONE, clean, known, scrub, text
from federation.gather.words import is_secret, is_secret_variable
from tests.unit.api_server_fixtures import pair
from tests.unit.gather_fixtures import secret

SAFE = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=12, max_size=30)


@pytest.mark.parametrize(
    "name",
    """
    token sasToken registry_token DB_PASSWORD password passwords AccountKey client-key-data private_key apiKey api-key
    kubeconfig sig authorization clientSecret x.y.password initial-cluster-token service-account-signing-key
    """.split(),
)
def test_a_name_of_a_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    """
    secretName secretRef key topologyKey labelKey caBundle tokenExpirationSeconds certificate-authority-data
    tls-private-key-file etcd-keyfile imagePullPolicy automountServiceAccountTokenName name keys-per-page
    """.split(),
)
def test_a_name_that_only_sounds_like_one(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize("name", ["MY_PASSWORD_1", "TOKEN_A", "ARM_ACCESS_KEY", "BASIC_AUTH"])
def test_a_variable_with_such_a_word_anywhere_is_secret(name: str) -> None:
    assert is_secret_variable(name)
    assert clean({"name": name, "value": "abc"}) == {"name": name, "value": GONE}


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("password: hunter2", "password: [redacted]"),
        ("password = two words", "password = [redacted]"),
        ("a b token=abc&c=d", "a b token=[redacted]&c=d"),
        ('{"token":"a \\"b\\" c","port":1}', '{"token":[redacted],"port":1}'),
        ('"{\\"token\\":\\"abc\\",\\"port\\":1}"', '"{\\"token\\":[redacted],\\"port\\":1}"'),
        ("https://me:pw@host/path", "https://[redacted]@host/path"),
        ("Authorization: Negotiate abc=", "Authorization: [redacted]"),
        ("got Bearer abc.def from", "got Bearer [redacted] from"),
        ("--token abc --port 1", "--token [redacted] --port 1"),
        ("--user root:pw get", "--user root:[redacted] get"),
        ("kubeadm join abcdef.0123456789abcdef", "kubeadm join [redacted] token"),
        ("token: |\n  a\n  b\nport: 1\n", "token: [redacted]\nport: 1\n"),
        ("  - name: A_TOKEN\n    value: 'x y'\n", "  - name: A_TOKEN\n    value: [redacted]\n"),
        ("is eyJhbGciOi.eyJzdWIiOi.abc it", "is [redacted] token it"),
        (
            "QUJD\n" * 3 + "A" * 40 + "\n-----END RSA PRIVATE KEY-----",
            "QUJD\n" * 3 + "[redacted] private key",
        ),
        ("-----BEGIN EC PRIVATE KEY-----\nabc", "[redacted] private key"),
    ],
)
def test_what_is_taken_out_of_a_text(given: str, left: str) -> None:
    assert text(given) == left


@pytest.mark.parametrize(
    "line",
    [
        "I1129 12:00:00.000 1 reflector.go:561] watch of *v1.Secret ended with: very short watch: default/a, token-x",
        "error: cannot get secrets default/x: not found",
        'level=warn msg="token expired" code=401',
        "GET https://10.0.0.1:6443/api/v1/pods?limit=500 200 OK in 5 ms",
        "image registry.k8s.io/etcd@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "secret default/dns-reader-token ca.crt",
        "--authentication-kubeconfig=/etc/karmada/kubeconfig --use-service-account-credentials=true",
        "member fc01: topologyKey: kubernetes.io/hostname",
    ],
)
def test_a_line_without_secrets_stays(line: str) -> None:
    assert text(line) == line


def test_certificates_stay_and_their_keys_go() -> None:
    made = pair()
    assert text(made.certificate) == made.certificate
    assert text(made.certificate + made.key) == made.certificate + "[redacted] private key\n"
    for pem, left in ((made.certificate, None), (made.key, GONE), (made.certificate + made.key, GONE)):
        packed = base64.b64encode(pem.encode()).decode()
        assert text(f"x: {packed} y") == f"x: {left or packed} y"


def test_objects_keep_their_shape() -> None:
    found = {
        "kind": "List",
        "items": [
            {"kind": "Secret", "metadata": {"name": "a", "managedFields": []}, "data": {"k": "dg=="}},
            {"kind": "Secret", "stringData": {"k": "v"}, "type": "Opaque"},
        ],
        "tokens": ["a", "b"],
        "secret": {"name": "kept"},
        "password": 12345,
        "automountServiceAccountToken": False,
        "args": ["--token", "x", "--port", "1", "--password=y"],
        "count": 3,
        "none": None,
    }
    assert clean(found) == {
        "kind": "List",
        "items": [
            {"kind": "Secret", "metadata": {"name": "a"}, "data": {"k": GONE}},
            {"kind": "Secret", "stringData": {"k": GONE}, "type": "Opaque"},
        ],
        "tokens": [GONE, GONE],
        "secret": {"name": "kept"},
        "password": GONE,
        "automountServiceAccountToken": False,
        "args": ["--token", GONE, "--port", "1", "--password=[redacted]"],
        "count": 3,
        "none": None,
    }


@given(value=SAFE, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_value_that_a_secret_holds_is_nowhere(value: str, before: str, after: str) -> None:
    values = sorted(known([secret("s", "default", any=value)]), key=lambda v: -len(v))
    packed = base64.b64encode(value.encode()).decode()
    for form in (value, packed):
        left = scrub({"a": [f"{before}{form}{after}"], form: 1}, values)
        assert form not in json.dumps(left, ensure_ascii=False)


def test_a_kubeconfig_in_a_secret_gives_its_credentials_and_no_public_words() -> None:
    config = "users:\n- name: operator\n  user: {token: abcdefghijkl, username: somebody-public}\n"
    found = known([secret("s", "default", kubeconfig=config, short="abc", server="https://10.0.0.1:6443")])
    assert "abcdefghijkl" in found
    assert not {"operator", "somebody-public", "abc", "https://10.0.0.1:6443"} & found


def test_a_store_in_one_line_of_json_gives_its_password_and_a_password_with_a_colon_is_one() -> None:
    found = known([secret("s", "default", store='{"user": "writer-of-zone", "password": "abcdefghijkl"}')])
    assert "abcdefghijkl" in found
    assert "writer-of-zone" not in found
    assert "abcd: efgh ijkl" in known([secret("s", "default", x="abcd: efgh ijkl")])
    assert "amqp://me:pw@host" in known([secret("s", "default", x="amqp://me:pw@host")])


def test_lines_of_a_key_are_known_one_by_one() -> None:
    made = pair()
    line = made.key.splitlines()[1]
    assert line in known([secret("s", "default", **{"tls.key": made.key})])
    assert not [v for v in known([secret("s", "default", x=made.certificate)]) if v in made.certificate]


KEYS = st.sampled_from(["token", "password", "api_key", "client-key-data", "DB_PASSWORD"])


@given(key=KEYS, value=SAFE, around=st.text(max_size=30).filter(lambda t: '"' not in t and "'" not in t))
def test_a_named_value_goes_from_whatever_is_around_it(key: str, value: str, around: str) -> None:
    value = f"Mark{value}"
    assume(value not in around)
    shapes: list[Any] = [
        {key: value, "other": around},
        {"file": json.dumps({"other": around, key: value})},
        {"file": f"{around}\n{key}={value}\n{around}"},
        {"file": f"{around}\n{key}: {value}"},
        [f"--{key}", value],
        [f"--{key}={value}"],
    ]
    for shape in shapes:
        assert value not in json.dumps(clean(shape)), shape


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_anything_is_cleaned_once_and_for_all(value: Any) -> None:
    once = clean(value)
    assert clean(once) == once
