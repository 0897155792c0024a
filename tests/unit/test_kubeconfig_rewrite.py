"""kubeconfigs made of others: nothing is lost, nothing clashes, and equal input gives equal text."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import KubeconfigError
from federation.kubeconfig import access, inline, merge, minify, read
from tests.unit.kubeconfig_fixtures import CA, CERTIFICATE, KEY, b64, config, text

EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "kubelogin", "args": ["get-token"]}


def two_contexts() -> dict[str, Any]:
    one, other = config(), config("other", user={"token": "t-2"})
    return {**one, **{k: one[k] + other[k] for k in ("clusters", "contexts", "users")}}


def test_clusters_of_the_same_name_are_told_apart_by_their_members_names() -> None:
    files = {"fc01": text(user={"token": "t-1"}), "fc02": text(user={"token": "t-2"})}
    merged = merge(files)
    assert [access(merged, name).token for name in files] == ["t-1", "t-2"]
    whole = yaml.safe_load(merged)
    for part in ("clusters", "contexts", "users"):
        assert [entry["name"] for entry in whole[part]] == ["fc01", "fc02"]
    assert whole["contexts"][1]["context"] == {"cluster": "fc02", "namespace": "default", "user": "fc02"}
    assert whole["current-context"] == "fc01"
    assert yaml.safe_load(merge(files, current="fc02"))["current-context"] == "fc02"


def test_a_broken_file_among_many_is_named() -> None:
    with pytest.raises(KubeconfigError) as caught:
        merge({"fc01": text(), "fc02": text(cluster={"server": "http://10.0.0.1"})})
    assert str(caught.value) == (
        "cluster fc02, kubeconfig, context mycluster.icp-context: 'http://10.0.0.1' is not encrypted. "
        "Next: use its https:// address."
    )


def test_a_plug_in_is_kept_as_it_is() -> None:
    merged = yaml.safe_load(merge({"fc01": text(user={"exec": EXEC})}))
    assert merged["users"][0]["user"] == {"exec": EXEC}


def test_a_hundred_clusters_take_no_time_to_speak_of() -> None:
    files = {f"c{i:03}": text(cluster={"certificate-authority-data": b64(CA * 40)}) for i in range(100)}
    start = time.process_time()
    merge(files)
    assert time.process_time() - start < 0.3


names = st.text("abc-0", min_size=1, max_size=5)


@given(st.dictionaries(names, names, min_size=1, max_size=6))
def test_whatever_clusters_are_called_each_keeps_its_own_credentials(inside: dict[str, str]) -> None:
    files = {name: text(called, user={"token": f"t-{name}"}) for name, called in inside.items()}
    merged = merge(files)
    assert {name: access(merged, name).token for name in files} == {name: f"t-{name}" for name in files}
    assert merge(files) == merged


def test_one_context_takes_only_what_it_needs() -> None:
    small = minify(yaml.safe_dump(two_contexts()), "other-context")
    whole = yaml.safe_load(small)
    assert [len(whole[part]) for part in ("clusters", "contexts", "users")] == [1, 1, 1]
    assert whole["current-context"] == "other-context"
    assert access(small).token == "t-2"
    assert "t-1" not in small


def test_the_order_of_keys_in_a_file_does_not_matter() -> None:
    whole = config(cluster={"tls-server-name": "kubernetes", "certificate-authority-data": b64(CA)})
    turned = {key: whole[key] for key in reversed(whole)}
    turned["clusters"] = [
        {"cluster": dict(reversed(e["cluster"].items())), "name": e["name"]} for e in whole["clusters"]
    ]
    assert minify(yaml.safe_dump(turned, sort_keys=False)) == minify(yaml.safe_dump(whole))


def test_made_small_it_does_not_change_any_more() -> None:
    small = minify(text())
    assert minify(small) == small


def test_a_file_that_is_read_has_everything_inside(tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    for name, content in {"ca.crt": CA, "tls.crt": CERTIFICATE, "tls.key": KEY}.items():
        (tmp_path / "pki" / name).write_text(content)
    user = {"client-certificate": "pki/tls.crt", "client-key": "pki/tls.key"}
    (tmp_path / "config").write_text(text(cluster={"certificate-authority": "pki/ca.crt"}, user=user))
    small = read(f"{tmp_path}/config")
    whole = yaml.safe_load(small)
    assert whole["users"][0]["user"] == {
        "client-certificate-data": b64(CERTIFICATE),
        "client-key-data": b64(KEY),
    }
    found = access(small)
    assert (found.ca, found.certificate, found.key) == (CA, CERTIFICATE, KEY)


def test_what_is_renewed_stays_outside_and_is_found_from_everywhere(tmp_path: Path) -> None:
    user = {"tokenFile": "token", "exec": {**EXEC, "command": "./bin/login"}}
    found = yaml.safe_load(inline(text(user=user), tmp_path))["users"][0]["user"]
    assert found == {"exec": {**EXEC, "command": f"{tmp_path}/bin/login"}, "tokenFile": f"{tmp_path}/token"}


def test_everything_inside_keeps_all_contexts(tmp_path: Path) -> None:
    whole = yaml.safe_load(inline(yaml.safe_dump(two_contexts()), tmp_path))
    assert [entry["name"] for entry in whole["contexts"]] == ["mycluster.icp-context", "other-context"]
    assert access(yaml.safe_dump(whole), "other-context").token == "t-2"


def test_what_is_refused_is_not_mended_on_the_way(tmp_path: Path) -> None:
    unsafe = inline(text(cluster={"insecure-skip-tls-verify": True}), tmp_path)
    with pytest.raises(KubeconfigError, match="insecure-skip-tls-verify would hand"):
        access(unsafe)


def test_home_and_variables_in_a_path_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(text())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLACE", str(tmp_path))
    assert read("~/config") == read("$PLACE/config") == read("${PLACE}/config") == minify(text())


def test_several_paths_are_looked_through_for_the_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text(text())
    (tmp_path / "b").write_text(text("other", user={"token": "t-2"}))
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/a:{tmp_path}/b")
    assert access(read("$KUBECONFIG", context="other-context")).token == "t-2"


def test_a_path_that_leads_nowhere_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLACE", raising=False)
    messages = {
        "/nowhere/config": "kubeconfig of /nowhere/config: it cannot be read: No such file or directory. "
        "Next: see where the cluster's kubeconfig is, and name that in the topology.",
        "$PLACE/config": "kubeconfig $PLACE/config: the environment has no variable PLACE. "
        "Next: export PLACE, or name the file itself.",
        "": "kubeconfig : it is empty as a path. "
        "Next: see where the cluster's kubeconfig is, and name that in the topology.",
    }
    for path, message in messages.items():
        with pytest.raises(KubeconfigError) as caught:
            read(path)
        assert str(caught.value) == message
