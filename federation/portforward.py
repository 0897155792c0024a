"""A port of a pod as a port of this machine, through the cluster's API server, as `kubectl port-forward` does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from federation.deadline import Deadline
from federation.kube import Kube
from federation.kubeconfig import Access


def ready_pods(kube: Kube, namespace: str, labels: Mapping[str, str], deadline: Deadline) -> tuple[str, ...]:
    """Names of the pods that are ready, at least one; sorted.

    Raises `NotInTimeError` if there is none in time.
    """
    raise NotImplementedError


@contextmanager
def forward(access: Access, namespace: str, pod: str, port: int, *, seconds: float = 10.0) -> Iterator[str]:
    """A listener on 127.0.0.1, each connection of which is one to the pod's port; its "address:port".

    Args:
        access: of the cluster's API server; the user must be allowed to create pods/portforward.
        namespace: of the pod.
        pod: its name.
        port: of the pod.
        seconds: for a connection to be made.
    """
    raise NotImplementedError
    yield ""
