"""What a kubeconfig gives access to, and what is refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import KubeconfigError
from federation.kubeconfig import Access, access, endpoint, minify, plugin
from tests.unit.kubeconfig_fixtures import CA, CERTIFICATE, KEY, b64, config, text

SERVER = "https://10.11.12.1:8001"
SUBJECT = "kubeconfig, context mycluster.icp-context"
PLUGIN = "client.authentication.k8s.io/v1"


def refusal(kubeconfig: str, context: str | None = None) -> str:
    with pytest.raises(KubeconfigError) as caught:
        access(kubeconfig, context)
    return str(caught.value)


def test_a_token_and_an_authority() -> None:
    assert access(text()) == Access(SERVER, ca=CA, token="t-1")


def test_a_client_certificate_with_its_key() -> None:
    user = {"client-certificate-data": b64(CERTIFICATE), "client-key-data": b64(KEY)}
    assert access(text(user=user)) == Access(SERVER, ca=CA, certificate=CERTIFICATE, key=KEY)


def test_another_name_in_the_certificate_and_a_proxy() -> None:
    cluster = {"tls-server-name": "kubernetes", "proxy-url": "http://proxy:3128"}
    found = access(text(cluster=cluster))
    assert (found.tls_server_name, found.proxy_url, found.ca) == ("kubernetes", "http://proxy:3128", None)


def test_nobody_in_particular() -> None:
    whole = config()
    del whole["contexts"][0]["context"]["user"]
    assert access(yaml.safe_dump(whole)) == Access(SERVER, ca=CA)


def test_files_are_read(tmp_path: Path) -> None:
    for name, content in {"ca.crt": CA, "tls.crt": CERTIFICATE, "tls.key": KEY}.items():
        (tmp_path / name).write_text(content)
    user = {"client-certificate": f"{tmp_path}/tls.crt", "client-key": f"{tmp_path}/tls.key"}
    found = access(text(cluster={"certificate-authority": f"{tmp_path}/ca.crt"}, user=user))
    assert found == Access(SERVER, ca=CA, certificate=CERTIFICATE, key=KEY)


def test_the_file_of_a_token_wins_and_is_read_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    kubeconfig = text(user={"token": "old", "tokenFile": str(file)})
    for token in ("first", "renewed"):
        file.write_text(token + "\n")
        assert access(kubeconfig).token == token


def test_the_context_that_is_asked_for_counts() -> None:
    whole, other = config(), config("other", user={"token": "t-2"})
    both = {**whole, **{k: whole[k] + other[k] for k in ("clusters", "contexts", "users")}}
    assert access(yaml.safe_dump(both)).token == "t-1"
    assert access(yaml.safe_dump(both), "other-context").token == "t-2"


def test_json_is_yaml() -> None:
    assert access(json.dumps(config())).token == "t-1"


def test_its_repr_shows_no_secret() -> None:
    assert repr(access(text())) == f"Access({SERVER!r})"


REFUSED: dict[str, Any] = {
    f"{SUBJECT}: insecure-skip-tls-verify would hand its credentials to whoever answers. Next: remove it, and give "
    "the cluster's CA as certificate-authority-data; if the certificate has another name than the server's address, "
    "give that as tls-server-name.": config(cluster={"insecure-skip-tls-verify": True}),
    f"{SUBJECT}: 'http://10.0.0.1:8080' is not encrypted. Next: use its https:// address.": config(
        cluster={"server": "http://10.0.0.1:8080"}
    ),
    f"{SUBJECT}: its cluster has no server's URL. Next: get the file from the cluster's owner anew.": config(
        cluster={"server": None}
    ),
    f"{SUBJECT}: API servers take no passwords since Kubernetes 1.19. "
    "Next: use a client certificate, a token or an exec plug-in.": config(
        user={"username": "admin", "password": "x"}
    ),
    f"{SUBJECT}: clients have no auth-provider since Kubernetes 1.26. Next: use the exec plug-in of its provider, "
    "such as kubelogin or gke-gcloud-auth-plugin.": config(user={"auth-provider": {"name": "azure"}}),
    f"{SUBJECT}: a client certificate and its key go together. Next: give both of them, or neither.": config(
        user={"client-certificate-data": b64(CERTIFICATE)}
    ),
    f"{SUBJECT}: certificate-authority-data is not base64 of a PEM file. "
    "Next: encode the file with base64 -w0.": config(cluster={"certificate-authority-data": "x"}),
    f"{SUBJECT}: certificate-authority holds no certificate in PEM form. "
    "Next: give the file that begins with -----BEGIN.": config(
        cluster={"certificate-authority-data": b64("hello")}
    ),
    f"{SUBJECT}: certificate-authority 'ca.crt' is a path relative to a file that is not known. "
    "Next: name it by its whole path, or put its content into the kubeconfig.": config(
        cluster={"certificate-authority": "ca.crt"}
    ),
    f"{SUBJECT}: client-key '/nowhere/tls.key' cannot be read: No such file or directory. "
    "Next: name it by its whole path, or put its content into the kubeconfig.": config(
        user={"client-certificate-data": b64(CERTIFICATE), "client-key": "/nowhere/tls.key"}
    ),
    f"{SUBJECT}: token is not a text. Next: get the file from the cluster's owner anew.": config(
        user={"token": 5}
    ),
    f"{SUBJECT}: names the cluster 'x', which is not in the file. "
    "Next: get the file from the cluster's owner anew.": {
        **config(),
        "contexts": [{"name": "mycluster.icp-context", "context": {"cluster": "x"}}],
    },
    "kubeconfig: no context 'x'. Next: name one of mycluster.icp-context.": {
        **config(),
        "current-context": "x",
    },
    "kubeconfig: no context of no name. Next: get the file from the cluster's owner anew.": {},
    "kubeconfig: it holds no clusters, users and contexts. Next: get the file from the cluster's owner anew.": [],
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_or_must_not_be_used_is_one_line(message: str) -> None:
    assert refusal(yaml.safe_dump(REFUSED[message])) == message


def test_what_is_no_yaml_is_one_line() -> None:
    assert refusal("a: 1\n  b: ]") == (
        "kubeconfig: it is not YAML (line 2). Next: get the file from the cluster's owner anew."
    )


def test_a_local_proxy_may_be_reached_in_clear_text() -> None:
    assert access(text(cluster={"server": "http://127.0.0.1:8001"})).server == "http://127.0.0.1:8001"


def exec_entry(program: str, **more: Any) -> dict[str, Any]:
    return {"exec": {"apiVersion": PLUGIN, "command": sys.executable, "args": ["-c", program], **more}}


def answering(status: object, **more: Any) -> str:
    answer = {"apiVersion": PLUGIN, "kind": "ExecCredential", "status": status, **more}
    return f"print({json.dumps(answer)!r})"


def test_a_plug_in_gives_a_token() -> None:
    assert access(text(user=exec_entry(answering({"token": "t-9"})))).token == "t-9"


def test_who_only_wants_to_know_the_server_runs_no_plug_in() -> None:
    user = {"exec": {"apiVersion": PLUGIN, "command": "no-such-plugin"}}
    assert endpoint(text(user=user)) == (SERVER, CA)


def test_a_plug_in_gives_a_certificate() -> None:
    status = {"clientCertificateData": CERTIFICATE, "clientKeyData": KEY}
    found = access(text(user=exec_entry(answering(status))))
    assert (found.certificate, found.key, found.token) == (CERTIFICATE, KEY, None)


def test_a_plug_in_learns_the_cluster_and_its_own_variables() -> None:
    program = (
        "import json, os; told = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "token = told['spec']['cluster']['server'] + os.environ['SUFFIX'] + str(told['spec']['interactive'])\n"
        f"print(json.dumps({{'apiVersion': {PLUGIN!r}, 'kind': 'ExecCredential', 'status': {{'token': token}}}}))"
    )
    entry = exec_entry(program, provideClusterInfo=True, env=[{"name": "SUFFIX", "value": "!"}])
    assert access(text(user=entry)).token == f"{SERVER}!False"


PLUGIN_FAILURES = {
    "exit status 3: not logged in. Next: run it by hand; it may want to be logged in first.": (
        "import sys; sys.exit(print('not\\nlogged in', file=sys.stderr) or 3)"
    ),
    "its answer is not JSON. Next: see whether its version fits the kubeconfig's apiVersion.": "print('t-secret')",
    "its answer is no ExecCredential. Next: see whether its version fits the kubeconfig's apiVersion.": "print('{}')",
    "its answer has no credentials. Next: see whether its version fits the kubeconfig's apiVersion.": answering(
        {}
    ),
    f"its answer is not of apiVersion {PLUGIN}. "
    "Next: see whether its version fits the kubeconfig's apiVersion.": answering({}, apiVersion="v0"),
}


@pytest.mark.parametrize("message", PLUGIN_FAILURES)
def test_a_plug_in_that_fails_is_one_line_without_its_answer(message: str) -> None:
    found = refusal(text(user=exec_entry(PLUGIN_FAILURES[message])))
    assert found == f"{SUBJECT}, plug-in {sys.executable}: {message}"


def test_a_plug_in_that_is_not_there_is_told_with_its_hint() -> None:
    entry = {"exec": {"apiVersion": PLUGIN, "command": "no-such-plugin"}}
    plain = f"{SUBJECT}, plug-in no-such-plugin: it is not there. Next: "
    assert refusal(text(user=entry)) == plain + "install it, or put it on PATH."
    entry["exec"]["installHint"] = "brew install\nno-such-plugin."
    assert refusal(text(user=entry)) == plain + "brew install no-such-plugin."


def test_a_plug_in_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "PLUGIN_SECONDS", 0.2)
    assert refusal(text(user=exec_entry("import time; time.sleep(60)"))) == (
        f"{SUBJECT}, plug-in {sys.executable}: no answer within 0.2 s. "
        "Next: run it by hand; it may want to be logged in first."
    )


@pytest.mark.parametrize("entry", [{}, {"command": "x"}, {"command": "x", "apiVersion": PLUGIN, "args": [1]}])
def test_an_entry_that_is_no_plug_in_is_one_line(entry: dict[str, Any]) -> None:
    assert refusal(text(user={"exec": entry})) == (
        f"{SUBJECT}: its exec entry lacks command or apiVersion, or has arguments that are no texts. "
        "Next: write it as its plug-in's documentation says."
    )


KEYS = (
    "name cluster user context clusters users contexts current-context server token tokenFile client-key "
    "client-certificate-data certificate-authority certificate-authority-data namespace proxy-url"
).split()
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["a", "https://a", "/a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=15,
)


def _named(singular: str) -> st.SearchStrategy[Any]:
    section = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
    name = st.just("a") | st.text(max_size=3)
    return values | st.lists(st.fixed_dictionaries({"name": name, singular: section}), max_size=2)


configs = st.fixed_dictionaries(
    {"current-context": st.just("a") | values},
    optional={f"{singular}s": _named(singular) for singular in ("cluster", "user", "context")},
)


def _said(use: Callable[[str], object], kubeconfig: str) -> str:
    try:
        use(kubeconfig)
    except KubeconfigError as error:
        return str(error)
    return ""


@given(st.text() | (values | configs).map(yaml.safe_dump))
def test_no_text_is_a_crash(kubeconfig: str) -> None:
    for use in (access, minify):
        assert len(_said(use, kubeconfig).splitlines()) <= 1


def test_a_name_of_two_lines_is_told_in_one() -> None:
    assert len(_said(access, text("a\nb", user={"token": 5})).splitlines()) == 1
    assert len(_said(lambda t: access(t, "x"), text("a\nb")).splitlines()) == 1
