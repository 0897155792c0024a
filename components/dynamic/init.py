"""`EtcdReady`, `ApiServerReady` and `Init`: the moments that a control plane waits for.

An API server that finds no etcd gives up and is started again ever more slowly, hence the first. The second lets
objects be made in the federation API; the third lets members join. `Init` also guards the plane: it is removed before
the plane is, and refuses as long as somebody would miss it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource
from components.dynamic.credentials import connect
from federation.deadline import Deadline
from federation.errors import FederationError, RejectedError, UnreachableError
from federation.karmada import health, rebalance
from federation.kube import Kube


class EtcdReadyProvider(Provider):
    """Waits again whenever what it waits for was changed."""

    moment: ClassVar[str] = "etcd"
    compared: ClassVar[Sequence[str]] = ("kubeconfig", "workloads", "revision")
    replacing = ("namespace",)

    def create(self, props: Props) -> CreateResult:
        """Raises `FederationError`, `NotInTimeError`."""
        return CreateResult(f"{props['namespace']}/{self.moment}", {**props, **self.facts(props)})

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """As `create`."""
        return UpdateResult({**news, **self.facts(news)})

    def facts(self, props: Props) -> dict[str, Any]:
        """Wait, then look."""
        subject = props.get("subject") or "control plane"
        health.wait_for_pods(_host(props), props["workloads"], _deadline(props), subject=subject)
        return {}

    def delete(self, _id: str, _props: Props) -> None:
        """Nothing is made, so nothing goes."""


class ApiServerReadyProvider(EtcdReadyProvider):
    """The API server too."""

    moment = "api"
    compared: ClassVar[Sequence[str]] = (
        *EtcdReadyProvider.compared,
        "federationKubeconfig",
        "kubernetesVersion",
    )

    def facts(self, props: Props) -> dict[str, Any]:
        """Wait, then look."""
        host, plane = _host(props), _plane(props)
        health.wait_for_api(host, plane, props["workloads"], _deadline(props))
        return {"version": health.check_version(plane, props["kubernetesVersion"])}


class InitProvider(ApiServerReadyProvider):
    """The plane as a whole."""

    moment = "plane"
    compared = (*ApiServerReadyProvider.compared, "force")

    def facts(self, props: Props) -> dict[str, Any]:
        """Wait, then look."""
        host, plane = _host(props), _plane(props)
        health.wait_for_plane(host, plane, props["workloads"], _deadline(props))
        version = health.check_version(plane, props["kubernetesVersion"])
        return {"version": version, "endpoint": plane.server, "healthy": True}

    def read(self, id_: str, props: Props) -> ReadResult:
        """Health as it is now, without waiting."""
        try:
            missing = health.missing(_host(props), _plane(props), props["workloads"])
        except FederationError as error:
            missing = error.cause
        return ReadResult(id_, {**props, "healthy": missing is None})

    def delete(self, _id: str, props: Props) -> None:
        """Raises `FederationError` while members are left, unless `force`; a plane that does not answer has none."""
        if not props.get("force"):
            with suppress(UnreachableError, RejectedError):
                rebalance.refuse_strangers(props["federation"], (), _plane(props), leaving_too=True)


def _host(props: Props) -> health.Host:
    return health.Host(connect(props, f"host cluster {props['cluster']}"), props["namespace"])


def _deadline(props: Props) -> Deadline:
    return Deadline(float(props["timeoutSeconds"]))


def _plane(props: Props) -> Kube:
    return Kube.connect(props["federationKubeconfig"], f"federation {props['federation']}")


class EtcdReady(Resource, module="federation", name="EtcdReady"):
    """The members of etcd are ready.

    Args:
        name: of the resource.
        inputs: `cluster`, `kubeconfig` (secret), `kubeconfigPath`, `kubeconfigContext`, `namespace`, `workloads`
            ("statefulsets/NAME"), `revision` (changes with them), `timeoutSeconds`, and `subject`, as messages call it
            where it is not the control plane's.
    """

    def __init__(self, name: str, inputs: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(EtcdReadyProvider(), name, inputs, opts)


class ApiServerReady(Resource, module="federation", name="ApiServerReady"):
    """The federation's API server answers.

    Args:
        name: of the resource.
        inputs: those of `EtcdReady`, and `federation`, `federationKubeconfig` (secret), `kubernetesVersion`.
    """

    def __init__(self, name: str, inputs: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(ApiServerReadyProvider(), name, {"version": None, **inputs}, opts)


class Init(Resource, module="federation", name="Init"):
    """The control plane is healthy.

    Args:
        name: of the resource.
        inputs: those of `ApiServerReady`, and `force`: remove the plane although it is in use.

    Attributes:
        endpoint: URL of the federation API.
        version: of its API server.
        healthy: whether every part runs and answers, as of the last look.
    """

    endpoint: pulumi.Output[str]
    version: pulumi.Output[str]
    healthy: pulumi.Output[bool]

    def __init__(self, name: str, inputs: Props, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = {"version": None, "endpoint": None, "healthy": None}
        super().__init__(InitProvider(), name, {**outputs, **inputs}, opts)
