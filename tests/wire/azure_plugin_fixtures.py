"""The plugin over gRPC, as the engine has it, with the stand-in for Azure over TLS on loopback behind it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as rpc
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub
from pulumi.runtime.proto.status_pb2 import Status

from lab.azure import dns
from lab.azure.plugin.server import serve
from lab.azure.plugin.servicer import Provider
from lab.azure.plugin.values import UNKNOWN, Values, read, write
from tests.wire.azure_arm_wire import CORE, Running, running

KINDS = (*CORE, *dns.KINDS)


class FailedError(Exception):
    """What the engine is told.

    Attributes:
        partial: the resource in trouble; None when there is none.
    """

    def __init__(self, error: Any) -> None:
        super().__init__(error.details())
        self.partial: rpc.ErrorResourceInitFailed | None = None
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                status = Status.FromString(value)
                self.partial = rpc.ErrorResourceInitFailed()
                assert status.details[0].Unpack(self.partial)


@dataclass
class Made:
    """A resource in the engine's state."""

    type: str
    name: str
    inputs: Values
    id: str = ""
    outputs: Values = field(default_factory=dict)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::test::{self.type}::{self.name}"


@dataclass
class Plugin:
    """Speaks to the plugin as the engine does."""

    stub: Any
    azure: Running

    def call(self, verb: str, request: Any) -> Any:
        try:
            return getattr(self.stub, verb)(request, timeout=60)
        except grpc.RpcError as error:
            raise FailedError(error) from None

    def configure(self, **config: str) -> None:
        args = write({**operator(self.azure), **config})
        self.call("Configure", rpc.ConfigureRequest(args=args))

    def check(
        self,
        type_: str,
        name: str,
        inputs: Mapping[str, Any],
        old: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> rpc.CheckResponse:
        made = Made(f"azure-native:{type_}", name, {})
        seed = hashlib.sha256(name.encode()).digest()
        request = rpc.CheckRequest(
            urn=made.urn, news=write(inputs), olds=write(old or {}), randomSeed=seed, **more
        )
        response: rpc.CheckResponse = self.call("Check", request)
        return response

    def checked(
        self, type_: str, name: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None
    ) -> Values:
        response = self.check(type_, name, inputs, old)
        assert not response.failures, response.failures
        return read(response.inputs)

    def create(self, type_: str, name: str, inputs: Mapping[str, Any], timeout: float = 20) -> Made:
        made = Made(f"azure-native:{type_}", name, self.checked(type_, name, inputs))
        request = rpc.CreateRequest(urn=made.urn, properties=write(made.inputs), timeout=timeout)
        response = self.call("Create", request)
        made.id, made.outputs = response.id, read(response.properties)
        return made

    def preview(self, type_: str, name: str, inputs: Mapping[str, Any]) -> Values:
        made = Made(f"azure-native:{type_}", name, self.checked(type_, name, inputs))
        request = rpc.CreateRequest(urn=made.urn, properties=write(made.inputs), preview=True)
        response = self.call("Create", request)
        assert response.id == ""
        return read(response.properties)

    def diff(self, made: Made, **changes: Any) -> rpc.DiffResponse:
        """What the engine is told when inputs change; a None takes an input away."""
        request = rpc.DiffRequest(
            id=made.id,
            urn=made.urn,
            olds=write(made.outputs),
            old_inputs=write(made.inputs),
            news=write({k: v for k, v in {**made.inputs, **changes}.items() if v is not None}),
        )
        response: rpc.DiffResponse = self.call("Diff", request)
        return response

    def update(self, made: Made, *, timeout: float = 20, **changes: Any) -> None:
        new = {k: v for k, v in {**made.inputs, **changes}.items() if v is not None}
        request = rpc.UpdateRequest(
            id=made.id,
            urn=made.urn,
            olds=write(made.outputs),
            old_inputs=write(made.inputs),
            news=write(new),
            timeout=timeout,
        )
        made.outputs = read(self.call("Update", request).properties)
        made.inputs = new

    def refresh(self, made: Made) -> bool:
        """Whether it is still there; inputs and outputs are those that were read."""
        request = rpc.ReadRequest(
            id=made.id, urn=made.urn, properties=write(made.outputs), inputs=write(made.inputs)
        )
        response = self.call("Read", request)
        made.inputs, made.outputs = read(response.inputs), read(response.properties)
        return bool(response.id)

    def look_up(self, type_: str, id_: str) -> Made | None:
        """What `pulumi import` sees."""
        made = Made(f"azure-native:{type_}", "imported", {}, id_)
        response = self.call("Read", rpc.ReadRequest(id=id_, urn=made.urn))
        made.inputs, made.outputs = read(response.inputs), read(response.properties)
        return made if response.id else None

    def delete(self, made: Made, timeout: float = 20) -> None:
        request = rpc.DeleteRequest(id=made.id, urn=made.urn, properties=write(made.outputs), timeout=timeout)
        self.call("Delete", request)

    def cancel(self) -> None:
        self.call("Cancel", Empty())

    def ids(self) -> set[str]:
        """The inventory."""
        return {entry.id.lower() for entry in self.azure.service.store.all()}


def operator(azure: Running) -> dict[str, str]:
    settings = azure.settings
    return {
        "metadataHost": azure.url.removeprefix("https://"),
        "tenantId": settings.tenant_id,
        "subscriptionId": settings.subscription_id,
        "clientId": settings.client_id,
        "clientSecret": settings.client_secret,
        "disableInstanceDiscovery": "true",
    }


@contextmanager
def speaking(provider: Provider, azure: Running) -> Iterator[Plugin]:
    """A plugin that has not been configured."""
    server, port = serve(provider)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Plugin(ResourceProviderStub(channel), azure)
    server.stop(None).wait()


@contextmanager
def plugged(directory: Path, **settings: Any) -> Iterator[Plugin]:
    """A stand-in and a plugin that talks to it."""
    with running(directory, KINDS, **settings) as azure:
        environment = {"PATH": os.defpath, "FEDERATION_AZURE_CA": azure.authority}
        with speaking(Provider(environment), azure) as plugin:
            plugin.configure()
            yield plugin


__all__ = ["UNKNOWN", "FailedError", "Made", "Plugin", "operator", "plugged", "speaking"]
