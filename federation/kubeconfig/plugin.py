"""Credentials from a program: `exec` entries of a kubeconfig (client.authentication.k8s.io, v1 and v1beta1).

The class of the official client that does this waits without an end, which would hang an update, and hands the
terminal over, which an engine's plug-in does not have.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.errors import KubeconfigError

PLUGIN_SECONDS = 60.0
"""A login that goes over the network takes seconds; one that waits for a person would never end."""

_GROUP = "client.authentication.k8s.io/"


@dataclass(frozen=True)
class Credentials:
    """What a plug-in has answered: a token, or a certificate with its key, in PEM."""

    token: str | None = None
    certificate: str | None = None
    key: str | None = None


def run(entry: Mapping[str, Any], cluster: Mapping[str, Any], *, subject: str) -> Credentials:
    """Run the plug-in of an `exec` entry.

    Args:
        entry: the section.
        cluster: the kubeconfig's section of the cluster, which the plug-in is told if it wants to know.
        subject: how messages call the kubeconfig.

    Raises `KubeconfigError` if it is missing, fails, takes longer than `PLUGIN_SECONDS`, or answers nonsense.
    """
    argv, environment, version = _command(entry, cluster, subject)
    plugin = f"{subject}, plug-in {argv[0]}"
    try:
        done = subprocess.run(
            argv,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PLUGIN_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        hint = entry.get("installHint")
        fix = (
            " ".join(hint.split())
            if isinstance(hint, str) and hint.strip()
            else "install it, or put it on PATH"
        )
        raise KubeconfigError(plugin, "it is not there", fix.rstrip(".")) from None
    except (OSError, ValueError) as error:  # not a program; a zero byte in an argument
        raise KubeconfigError(plugin, f"it cannot be run: {error}", "see whether it is a program") from None
    except subprocess.TimeoutExpired:
        cause = f"no answer within {PLUGIN_SECONDS:g} s"
        raise KubeconfigError(plugin, cause, "run it by hand; it may want to be logged in first") from None
    if done.returncode != 0:
        said = " ".join(done.stderr.decode(errors="replace").split())[-300:] or "it says nothing"
        cause = f"exit status {done.returncode}: {said}"
        raise KubeconfigError(plugin, cause, "run it by hand; it may want to be logged in first")
    return _answer(done.stdout, version, plugin)


def _command(
    entry: Mapping[str, Any], cluster: Mapping[str, Any], subject: str
) -> tuple[list[str], dict[str, str], str]:
    command, version, arguments = entry.get("command"), entry.get("apiVersion"), entry.get("args") or []
    variables = entry.get("env") or []
    if not (
        isinstance(command, str)
        and command
        and isinstance(version, str)
        and version.startswith(_GROUP)
        and isinstance(arguments, list)
        and all(isinstance(argument, str) for argument in arguments)
        and isinstance(variables, list)
        and all(
            isinstance(v, dict) and all(isinstance(v.get(k), str) for k in ("name", "value"))
            for v in variables
        )
    ):
        cause = "its exec entry lacks command or apiVersion, or has arguments that are no texts"
        raise KubeconfigError(subject, cause, "write it as its plug-in's documentation says")
    spec: dict[str, Any] = {"interactive": False}
    if entry.get("provideClusterInfo"):
        spec["cluster"] = {key: cluster[key] for key in _TOLD if cluster.get(key)}
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": spec}
    environment = {v["name"]: v["value"] for v in variables}
    return [command, *arguments], {**environment, "KUBERNETES_EXEC_INFO": json.dumps(info)}, version


_TOLD = ("server", "tls-server-name", "certificate-authority-data", "proxy-url")


def _answer(stdout: bytes, version: str, plugin: str) -> Credentials:
    def nonsense(what: str) -> KubeconfigError:  # never with the answer itself: it may hold a token
        return KubeconfigError(plugin, what, "see whether its version fits the kubeconfig's apiVersion")

    try:
        answer = json.loads(stdout)
    except (ValueError, RecursionError):
        raise nonsense("its answer is not JSON") from None
    if not isinstance(answer, dict) or answer.get("kind") != "ExecCredential":
        raise nonsense("its answer is no ExecCredential")
    if answer.get("apiVersion") != version:
        raise nonsense(f"its answer is not of apiVersion {version}")
    status = answer.get("status")
    keys = ("token", "clientCertificateData", "clientKeyData")
    found = [status.get(key) for key in keys] if isinstance(status, dict) else [None]
    if not any(found) or not all(value is None or isinstance(value, str) for value in found):
        raise nonsense("its answer has no credentials")
    return Credentials(*found)
