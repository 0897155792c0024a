"""The engine's provider protocol: each verb reads the message, calls the part that knows, and writes the answer.

Source: `provider.proto` of the Pulumi SDK 3.259.
"""
# ruff: noqa: ARG002, N802  the protocol gives the methods their names and arguments

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as rpc
from pulumi.runtime.proto.plugin_pb2 import PluginInfo
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer
from pulumi.runtime.proto.status_pb2 import Status

from lab.azure.plugin import check, diff, properties
from lab.azure.plugin.arm import Arm
from lab.azure.plugin.config import Config
from lab.azure.plugin.crud import Resources
from lab.azure.plugin.errors import PartialError, PluginError
from lab.azure.plugin.invokes import invoke
from lab.azure.plugin.safety import FIX
from lab.azure.plugin.session import OFFLINE, NoSession, Session
from lab.azure.plugin.types import BY_TOKEN, GROUP, VERSION, ResourceType
from lab.azure.plugin.values import read, write
from lab.deadline import Deadline
from lab.errors import LabError

Context = grpc.ServicerContext

SECONDS = 30 * 60.0
"""For an operation whose resource has no `custom_timeouts`; the real plugin waits two hours."""
QUICK = 120.0
"""For what no operation is behind: reading, and the location of a group."""

_MODES: Mapping[int, check.Naming] = {
    rpc.CheckRequest.AutonamingOptions.PROPOSE: "propose",
    rpc.CheckRequest.AutonamingOptions.ENFORCE: "enforce",
    rpc.CheckRequest.AutonamingOptions.DISABLE: "disable",
}
_KINDS: Mapping[tuple[diff.Change, bool], rpc.PropertyDiff.Kind.ValueType] = {
    ("add", False): rpc.PropertyDiff.ADD,
    ("add", True): rpc.PropertyDiff.ADD_REPLACE,
    ("delete", False): rpc.PropertyDiff.DELETE,
    ("delete", True): rpc.PropertyDiff.DELETE_REPLACE,
    ("update", False): rpc.PropertyDiff.UPDATE,
    ("update", True): rpc.PropertyDiff.UPDATE_REPLACE,
}


class Provider(ResourceProviderServicer):
    """Serves one provider of one engine.

    Args:
        environment: `os.environ`.
        connect: makes the way to ARM of a configuration; replaced in tests.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        connect: Callable[[Config, threading.Event], Arm] | None = None,
    ) -> None:
        self._environment = environment
        self._connect = connect or (lambda config, cancelled: Arm(_session(config, cancelled, environment)))
        self._cancelled = threading.Event()
        self._config: Config | None = None
        self._arm: Arm | None = None
        self._locations: dict[str, str | None] = {}

    # The plugin

    def Handshake(self, request: Any, context: Context) -> rpc.ProviderHandshakeResponse:
        """Take properties in their oldest form: the engine marks secrets, we see what is in them."""
        return rpc.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def Attach(self, request: Any, context: Context) -> Empty:
        """Serve another engine, when started by hand for `PULUMI_DEBUG_PROVIDERS`."""
        return Empty()

    def GetPluginInfo(self, request: Empty, context: Context) -> PluginInfo:
        """Name the version that the SDK asks for."""
        return PluginInfo(version=VERSION)

    def GetSchema(self, request: rpc.GetSchemaRequest, context: Context) -> rpc.GetSchemaResponse:
        """Describe the package as far as programs need it that have the SDK installed: by name and version."""
        return rpc.GetSchemaResponse(schema=json.dumps({"name": "azure-native", "version": VERSION}))

    def Cancel(self, request: Empty, context: Context) -> Empty:
        """End all waits soon: their resources are noted as they are."""
        self._cancelled.set()
        return Empty()

    # The provider

    def CheckConfig(self, request: rpc.CheckRequest, context: Context) -> rpc.CheckResponse:
        """Take any configuration; `Configure` refuses."""
        return rpc.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: rpc.DiffRequest, context: Context) -> rpc.DiffResponse:
        """Let no change of configuration replace a provider and thereby everything."""
        return rpc.DiffResponse(changes=rpc.DiffResponse.DIFF_NONE)

    def Configure(self, request: rpc.ConfigureRequest, context: Context) -> rpc.ConfigureResponse:
        """Read the configuration and check the pin. Makes no connection."""
        with self._failures(context):
            given = read(request.args) if request.HasField("args") else {}
            own = {k.rpartition(":")[2]: v for k, v in request.variables.items()}
            self._config = Config.of(own | given, self._environment)
            self._arm = self._connect(self._config, self._cancelled)
            return rpc.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    # Resources

    def Check(self, request: rpc.CheckRequest, context: Context) -> rpc.CheckResponse:
        """Fill in defaults, and say what is wrong with inputs."""
        with self._failures(context):
            type_ = _type(request.urn)
            inputs = check.with_defaults(
                type_, read(request.olds), read(request.news), _name(request), self._location
            )
            found = [
                rpc.CheckFailure(property=f.path, reason=f.reason) for f in check.failures(type_, inputs)
            ]
            return rpc.CheckResponse(inputs=write(inputs), failures=found)

    def Diff(self, request: rpc.DiffRequest, context: Context) -> rpc.DiffResponse:
        """Compare inputs with those of the last update."""
        with self._failures(context):
            verdict = diff.compare(
                _type(request.urn),
                read(request.old_inputs),
                read(request.news),
                read(request.olds),
                frozenset(request.ignoreChanges),
            )
            kind = rpc.DiffResponse.DIFF_SOME if verdict.differences else rpc.DiffResponse.DIFF_NONE
            return rpc.DiffResponse(
                changes=kind,
                diffs=verdict.changes,
                replaces=verdict.replaces,
                deleteBeforeReplace=verdict.delete_first,
                hasDetailedDiff=True,
                detailedDiff={
                    d.path: rpc.PropertyDiff(kind=_KINDS[d.change, d.replaces], inputDiff=True)
                    for d in verdict.differences
                },
            )

    def Create(self, request: rpc.CreateRequest, context: Context) -> rpc.CreateResponse:
        """Make a resource; in a preview, say what its outputs will be as far as that is known."""
        with self._failures(context, request.properties):
            type_, inputs = _type(request.urn), read(request.properties)
            if request.preview:
                return rpc.CreateResponse(properties=write(properties.preview(type_, inputs)))
            id_, outputs = self._resources().create(type_, inputs, _deadline(request.timeout))
            return rpc.CreateResponse(id=id_, properties=write(outputs))

    def Read(self, request: rpc.ReadRequest, context: Context) -> rpc.ReadResponse:
        """Refresh, import or look up."""
        with self._failures(context):
            type_ = _type(request.urn)
            outputs = self._resources().read(type_, request.id, Deadline(QUICK))
            if outputs is None:
                return rpc.ReadResponse()
            known = read(request.inputs)
            inputs = (
                properties.project(type_, known, read(request.properties), outputs)
                if known
                else properties.imported(type_, request.id, outputs)
            )
            return rpc.ReadResponse(id=request.id, properties=write(outputs), inputs=write(inputs))

    def Update(self, request: rpc.UpdateRequest, context: Context) -> rpc.UpdateResponse:
        """Change a resource in place; a preview knows of its outputs the inputs, the name and the location."""
        with self._failures(context, request.news):
            type_, inputs = _type(request.urn), read(request.news)
            if request.preview:
                old = read(request.olds)
                stable = {name: old[name] for name in properties.STABLE if name in old}
                return rpc.UpdateResponse(properties=write({**properties.preview(type_, inputs), **stable}))
            outputs = self._resources().update(type_, request.id, inputs, _deadline(request.timeout))
            return rpc.UpdateResponse(properties=write(outputs))

    def Delete(self, request: rpc.DeleteRequest, context: Context) -> Empty:
        """Delete a resource and wait until it is gone."""
        with self._failures(context):
            self._resources().delete(_type(request.urn), request.id, _deadline(request.timeout))
            return Empty()

    def Invoke(self, request: rpc.InvokeRequest, context: Context) -> rpc.InvokeResponse:
        """Call a function."""
        with self._failures(context):
            arm, config = self._configured()
            response = rpc.InvokeResponse()
            result = write(invoke(request.tok, read(request.args), arm, config))
            getattr(response, "return").CopyFrom(result)
            return response

    # The parts

    def _configured(self) -> tuple[Arm, Config]:
        if self._arm is None or self._config is None:
            raise PluginError("provider azure-native", "it has not been configured", FIX)
        return self._arm, self._config

    def _resources(self) -> Resources:
        arm, config = self._configured()
        return Resources(arm, config.require_subscription())

    def _location(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
        _, config = self._configured()
        return check.default_location(old, new, configured=config.location, group=self._location_of)

    def _location_of(self, group: str) -> str | None:
        if group not in self._locations:
            arm, config = self._configured()
            type_ = BY_TOKEN["azure-native:resources:ResourceGroup"]
            id_ = GROUP.format(subscriptionId=config.require_subscription(), resourceGroupName=group)
            found = arm.get(id_, type_.version, f"{type_.noun} {group}", Deadline(QUICK))
            if found is None:
                return None  # not remembered: it may be made meanwhile
            self._locations[group] = found.get("location")
        return self._locations[group]

    @contextmanager
    def _failures(self, context: Context, inputs: Any = None) -> Iterator[None]:
        """Tell the engine of failures in one line each; of a partial one with the resource's state.

        Args:
            inputs: as the engine sent them, for the state of a resource in trouble.
        """
        try:
            yield
        except PartialError as partial:
            _abort_partial(context, partial, inputs)
        except LabError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _session(config: Config, cancelled: threading.Event, environment: Mapping[str, str]) -> Session:
    return NoSession() if environment.get(OFFLINE) else Session(config, cancelled)


def _abort_partial(context: Context, partial: PartialError, inputs: Any) -> NoReturn:
    """End the call as the engine expects it of a resource that was made and is not well: details in the trailer."""
    failed = rpc.ErrorResourceInitFailed(
        id=partial.id, properties=write(partial.outputs), reasons=[str(partial.reason)], inputs=inputs
    )
    detail = AnyMessage()
    detail.Pack(failed)
    status = Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(partial.reason), details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(partial.reason))
    raise AssertionError("abort raises")


def _type(urn: str) -> ResourceType:
    token = urn.split("::")[2].rpartition("$")[2]
    if (found := BY_TOKEN.get(token)) is None:
        raise PluginError(
            f"resource type {token}",
            "the stand-in for azure-native does not know it",
            "add it to lab/azure/plugin/types.py and to the stand-in's kinds, or use the real plugin",
        )
    return found


def _name(request: rpc.CheckRequest) -> check.Name:
    named = request.HasField("autonaming")
    return check.Name(
        logical=request.urn.split("::")[-1],
        seed=request.randomSeed,
        mode=_MODES[request.autonaming.mode] if named else "none",
        proposed=request.autonaming.proposed_name if named else "",
    )


def _deadline(timeout: float) -> Deadline:
    return Deadline(timeout if timeout > 0 else SECONDS)
