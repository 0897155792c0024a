"""The dynamic providers' server as a process of its own, driven over gRPC as the engine does it.

    from tests.wire.dynamic_fixtures import UNKNOWN, Server, refusal, server_fixture  # noqa: F401

    def test_x(server: Server) -> None:
        remote = server.of(SomeProvider())
        made = remote.create(remote.check({}, {"size": 3}))
        assert not remote.diff(made.id, made.outs, {"size": 3}).changes

A provider's class must lie in a module that can be imported from the repository's root, as in the product.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from lab.deadline import Deadline

ROOT = Path(__file__).parents[2]
SOON = 30  # seconds; only a hanging server needs them
UNKNOWN: str = rpc.UNKNOWN  # what a preview sends for a value that is not known yet
PROVIDER = "__provider"

Props = dict[str, Any]


@dataclass(frozen=True)
class Diff:
    """What the engine learns of a comparison."""

    changes: bool
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Made:
    """A resource as the engine stores it; read back as gone, its id is empty."""

    id: str
    outs: Props
    inputs: Props = field(default_factory=dict)


class Remote:
    """One provider in the server. Properties are plain dictionaries without the provider's own key."""

    def __init__(self, stub: Any, provider: ResourceProvider, urn: str) -> None:
        self._stub, self._urn = stub, urn
        self.reference: str = serialize_provider(provider)

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Props:
        """The inputs as the provider wants them. A refused input fails the test."""
        inputs, failures = self.check_failures(olds, news)
        assert not failures
        return inputs

    def check_failures(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Props, list[str]]:
        """The inputs, and "property: reason" of each one that is refused."""
        # A resource that is new has no old inputs, and no provider among them.
        old = self._pack(olds) if olds else Struct()
        request = proto.CheckRequest(urn=self._urn, olds=old, news=self._pack(news))
        answer = self._stub.Check(request, timeout=SOON)
        return _unpack(answer.inputs), [f"{f.property}: {f.reason}" for f in answer.failures]

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diff:
        """`olds` are the old outputs, `news` the checked new inputs; either may hold `UNKNOWN`."""
        request = proto.DiffRequest(id=id_, urn=self._urn, olds=self._pack(olds), news=self._pack(news))
        answer = self._stub.Diff(request, timeout=SOON)
        assert answer.changes != proto.DiffResponse.DIFF_UNKNOWN, "the provider leaves it to the engine"
        changes = answer.changes == proto.DiffResponse.DIFF_SOME
        return Diff(changes, list(answer.replaces), answer.deleteBeforeReplace)

    def create(self, props: Mapping[str, Any], *, timeout: float = SOON) -> Made:
        """`props` are checked inputs, all known."""
        answer = self._stub.Create(
            proto.CreateRequest(urn=self._urn, properties=self._pack(props)), timeout=timeout
        )
        assert answer.id, "the engine refuses an empty id"
        return Made(answer.id, _unpack(answer.properties))

    def read(self, id_: str, props: Mapping[str, Any]) -> Made:
        """A refresh; `props` are the old outputs."""
        request = proto.ReadRequest(id=id_, urn=self._urn, properties=self._pack(props))
        answer = self._stub.Read(request, timeout=SOON)
        return Made(answer.id, _unpack(answer.properties), _unpack(answer.inputs))

    def update(
        self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any], *, timeout: float = SOON
    ) -> Props:
        """The outputs afterwards; `olds` are the old outputs."""
        request = proto.UpdateRequest(id=id_, urn=self._urn, olds=self._pack(olds), news=self._pack(news))
        return _unpack(self._stub.Update(request, timeout=timeout).properties)

    def delete(self, id_: str, props: Mapping[str, Any], *, timeout: float = SOON) -> None:
        """`props` are the old outputs."""
        request = proto.DeleteRequest(id=id_, urn=self._urn, properties=self._pack(props))
        self._stub.Delete(request, timeout=timeout)

    def _pack(self, props: Mapping[str, Any]) -> Struct:
        struct = Struct()
        struct.update({**{k: v for k, v in props.items() if v is not None}, PROVIDER: self.reference})
        return struct


def _unpack(struct: Struct) -> Props:
    props = rpc.deserialize_properties(struct, True)
    return {key: _plain(value) for key, value in props.items() if key != PROVIDER}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return UNKNOWN if isinstance(value, Unknown) else value


class Server:
    """`python -m pulumi.dynamic`, with what it has printed."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process, self._folder = process, folder
        Deadline(SOON).until("the port of the dynamic server", self._silent, fix="read its stderr")
        self._channel = grpc.insecure_channel(f"127.0.0.1:{int(self.stdout.splitlines()[0])}")
        self.stub = ResourceProviderStub(self._channel)

    def _silent(self) -> str | None:
        assert self.process.poll() is None, self.stderr
        return None if "\n" in self.stdout else "nothing printed"

    @property
    def stdout(self) -> str:
        """The port in the first line, then what providers print."""
        return (self._folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        """Tracebacks, if any. They are written before the caller has its answer."""
        return (self._folder / "stderr").read_text()

    def configure(self, **config: str) -> None:
        """The stack's configuration, such as `**{"federation:topology": "…"}`; once, before any other call."""
        struct = Struct()
        struct.update(config)
        self.stub.Configure(proto.ConfigureRequest(args=struct), timeout=SOON)

    def of(self, provider: ResourceProvider, name: str = "x") -> Remote:
        """The provider, as the server knows it by its serialised reference."""
        return Remote(self.stub, provider, f"urn:pulumi:s::p::pulumi-python:dynamic/federation:Any::{name}")

    def stop(self) -> None:
        """End the process; nothing of it is left."""
        self._channel.close()
        self.process.kill()
        self.process.wait(timeout=SOON)


def refusal(call: Callable[..., object], *args: Any) -> str:
    """What the engine would show of the failing call."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*args)
    details = caught.value.details()
    return str(details).removeprefix("Exception calling application: ")


@pytest.fixture(name="server")
def server_fixture(tmp_path: Path) -> Iterator[Server]:
    """A server that has loaded nothing yet. It ends with the test."""
    folder = tmp_path / "dynamic-server"
    folder.mkdir()
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"],
            env=os.environ | {"PULUMI_PROJECT": "federation"},
            stdout=stdout,
            stderr=stderr,
            cwd=ROOT,
        )
    try:
        server = Server(process, folder)
        yield server
        server.stop()
    finally:
        process.kill()
        process.wait(timeout=SOON)
