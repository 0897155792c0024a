"""The cluster that a process runs in, as its service account."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from federation.errors import KubeconfigError
from federation.kube import REQUEST_SECONDS, Kube
from federation.kubeconfig import Access

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
RENEW_SECONDS = 300.0
"""The kubelet renews a token when 80 % of its hour have passed; one that is read every five minutes never expires."""

Connect = Callable[[], Kube]
"""Gives a client with a token that holds; to be called for each use instead of keeping what it gave."""


def access(account: Path = ACCOUNT) -> Access:
    """As the service account whose token and authority are mounted.

    Raises `KubeconfigError` outside of a pod.
    """
    try:
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        token, authority = (account / "token").read_text(), (account / "ca.crt").read_text()
    except (KeyError, OSError):
        raise KubeconfigError(
            "service account", "its token or the cluster's address is not there", "run this in a pod"
        ) from None
    bracketed = f"[{host}]" if ":" in host else host
    return Access(server=f"https://{bracketed}:{port}", ca=authority, token=token.strip())


def connect(
    account: Path = ACCOUNT,
    *,
    timeout: float = REQUEST_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Connect:
    """A way to clients for this cluster, made anew every five minutes, as tokens are.

    Args:
        account: where the token is.
        timeout: seconds for each request.
        clock: monotonic seconds; replaced in tests.
    """
    made: list[tuple[float, Kube]] = []

    def current() -> Kube:
        if not made or clock() - made[-1][0] >= RENEW_SECONDS:
            made[:] = [(clock(), Kube(access(account), "this cluster", timeout=timeout))]
        return made[-1][1]

    return current
