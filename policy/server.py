"""The pack as the engine talks to it: `pulumirpc.Analyzer` over gRPC (pulumi/pulumi, proto/pulumi/analyzer.proto).

Not by the SDK `pulumi_policy`, for three reasons. It takes the marks of secrets away before a rule sees a value, so no
rule could demand one (P04). It decodes each resource once for each policy, of which there are thirty. And one value
that is not known yet ends a policy's whole run, and is reported for each resource again.
"""
# ruff: noqa: N802, ARG002  (names and arguments are those of the service)

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent import futures
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import grpc
import yaml
from google.protobuf import json_format
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2 as rpc
from pulumi.runtime.proto import plugin_pb2 as plugin
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerServicer, add_AnalyzerServicer_to_server

from policy.pack import DESCRIPTION, NAME, POLICIES, VERSION
from policy.rule import Level, Policy, Severity
from policy.schema import settings_schema
from policy.session import ConfigurationError, Configured, Diagnostic, Session
from policy.stack import Resource, Stack

CONFIG = Path(__file__).with_name("config.json")
"""Configuration that holds unless `--policy-pack-config` says otherwise."""
TODAY = "FEDERATION_POLICY_TODAY"
"""Variable with the day to check for, such as 2027-01-31; today without it."""
LARGEST_MESSAGE = 400 * 1024 * 1024  # as the engine's own limit
LEVELS = {
    Level.ADVISORY: rpc.ADVISORY,
    Level.MANDATORY: rpc.MANDATORY,
    Level.REMEDIATE: rpc.REMEDIATE,
    Level.DISABLED: rpc.DISABLED,
}
SEVERITIES = {
    Severity.LOW: rpc.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: rpc.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: rpc.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: rpc.POLICY_SEVERITY_CRITICAL,
}
DOCS = "docs/policies.md"
_OWN_LEVELS = {policy.name: policy.level for policy in POLICIES}
Context = grpc.ServicerContext


class Analyzer(AnalyzerServicer):
    """Answers the engine.

    Args:
        session: of this run.
        initial: configuration by policy: a level, or an object with `enforcementLevel` and settings.
        end: called when the engine wants the server to go.
    """

    def __init__(self, session: Session, initial: Mapping[str, Any], end: Callable[[], None]) -> None:
        self._session, self._initial, self._end = session, initial, end
        self._stack = ""

    def Handshake(
        self, request: rpc.AnalyzerHandshakeRequest, context: Context
    ) -> rpc.AnalyzerHandshakeResponse:
        """Nothing to agree on."""
        return rpc.AnalyzerHandshakeResponse()

    def GetAnalyzerInfo(self, request: Empty, context: Context) -> rpc.AnalyzerInfo:
        """The policies, and how each can be configured."""
        return rpc.AnalyzerInfo(
            name=NAME,
            displayName=NAME,
            version=VERSION,
            description=DESCRIPTION,
            supportsConfig=True,
            policies=[policy_info(policy) for policy in POLICIES],
            initialConfig={name: _config(name, value) for name, value in self._initial.items()},
        )

    def GetPluginInfo(self, request: Empty, context: Context) -> plugin.PluginInfo:
        """The pack's version."""
        return plugin.PluginInfo(version=VERSION)

    def Configure(self, request: rpc.ConfigureAnalyzerRequest, context: Context) -> Empty:
        """Levels and settings, after the engine has checked them by their schemas."""
        levels = {number: level for level, number in LEVELS.items()}
        given = {
            name: Configured(levels[config.enforcementLevel], json_format.MessageToDict(config.properties))
            for name, config in request.policyConfig.items()
        }
        try:
            self._session.configure(given)
        except ConfigurationError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return Empty()

    def ConfigureStack(
        self, request: rpc.AnalyzerStackConfigureRequest, context: Context
    ) -> rpc.AnalyzerStackConfigureResponse:
        """The stack's name."""
        self._stack = request.stack
        return rpc.AnalyzerStackConfigureResponse()

    def Analyze(self, request: rpc.AnalyzeRequest, context: Context) -> rpc.AnalyzeResponse:
        """One resource, before it is made."""
        return _response(self._session.on_resource(to_resource(request)))

    def AnalyzeStack(self, request: rpc.AnalyzeStackRequest, context: Context) -> rpc.AnalyzeResponse:
        """All resources, after the program has ended."""
        stack = Stack(
            tuple(map(to_resource, request.resources)), self._stack, secrets_provider(Path.cwd(), self._stack)
        )
        return _response(self._session.on_stack(stack))

    def Remediate(self, request: rpc.AnalyzeRequest, context: Context) -> rpc.RemediateResponse:
        """One resource, before it is looked at. Asked for each, also where nothing may be mended."""
        if not self._session.mends:
            return rpc.RemediateResponse()
        return rpc.RemediateResponse(
            remediations=[
                rpc.Remediation(
                    policyName=policy.name,
                    policyPackName=NAME,
                    policyPackVersion=VERSION,
                    description=policy.title,
                    properties=_struct(properties),
                )
                for policy, properties in self._session.fixed(to_resource(request))
            ]
        )

    def Cancel(self, request: Empty, context: Context) -> Empty:
        """The engine was interrupted."""
        self._end()
        return Empty()


def policy_info(policy: Policy) -> rpc.PolicyInfo:
    """A policy for the engine's lists."""
    on_resource = bool(policy.checks or policy.advice)
    return rpc.PolicyInfo(
        name=policy.name,
        displayName=f"{policy.id} {policy.title}",
        description=f"{policy.title}. {policy.why}",
        enforcementLevel=LEVELS[policy.level],
        severity=SEVERITIES[policy.severity],
        policy_type=rpc.POLICY_TYPE_RESOURCE if on_resource else rpc.POLICY_TYPE_STACK,
        remediation_steps=policy.remedy,
        url=f"{DOCS}#{policy.id.lower()}",
        configSchema=rpc.PolicyConfigSchema(properties=_struct(settings_schema(policy))),
    )


def to_resource(message: rpc.AnalyzeRequest | rpc.AnalyzerResource) -> Resource:
    """A resource as rules see it."""
    has_provider = message.HasField("provider")
    return Resource(
        type=message.type,
        name=message.name,
        urn=message.urn,
        raw=json_format.MessageToDict(message.properties),
        protect=message.options.protect,
        parent=message.options.parent or getattr(message, "parent", ""),
        provider=json_format.MessageToDict(message.provider.properties) if has_provider else {},
    )


def secrets_provider(project: Path, stack: str) -> str:
    """What the stack's secrets are encrypted with, such as "passphrase" or "azurekeyvault"; empty if nothing says it.

    As the stack's settings have it (Pulumi, "Secrets providers"): without a `secretsprovider`, a salt is there for a
    passphrase only.

    Args:
        project: folder of the project, in which the engine starts the pack.
        stack: its name.
    """
    try:
        settings = yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text())
    except (OSError, yaml.YAMLError):
        return ""
    if not isinstance(settings, dict):
        return ""
    named = str(settings.get("secretsprovider") or ("passphrase" if settings.get("encryptionsalt") else ""))
    return named.partition(":")[0]


def _response(diagnostics: list[Diagnostic]) -> rpc.AnalyzeResponse:
    return rpc.AnalyzeResponse(
        diagnostics=[
            rpc.AnalyzeDiagnostic(
                policyName=each.policy.name,
                policyPackName=NAME,
                policyPackVersion=VERSION,
                description=each.policy.title,
                message=f"{each.policy.title}\n{each.message}",
                enforcementLevel=LEVELS[each.level],
                urn=each.urn,
                severity=SEVERITIES[each.policy.severity],
            )
            for each in diagnostics
        ]
    )


def _config(name: str, value: Any) -> rpc.PolicyConfig:
    """One policy's part of a configuration file.

    The level is always said: the engine takes the message's default, which is "advisory", for a choice.
    """
    properties = dict(value) if isinstance(value, Mapping) else {"enforcementLevel": value}
    level = properties.pop("enforcementLevel", None) or _OWN_LEVELS[name]
    return rpc.PolicyConfig(enforcementLevel=LEVELS[Level(level)], properties=_struct(properties))


def _struct(value: Mapping[str, Any]) -> Struct:
    struct = Struct()
    json_format.ParseDict(dict(value), struct)
    return struct


def today() -> date:
    """The day to check for. Raises `ConfigurationError`."""
    given = os.environ.get(TODAY)
    try:
        return date.fromisoformat(given) if given else datetime.now(tz=UTC).date()
    except ValueError:
        raise ConfigurationError(
            f"{TODAY}={given}: it is no day. Next: write one such as 2027-01-31"
        ) from None


def initial_config(file: Path) -> dict[str, Any]:
    """Configuration by the policies' names, and by "all". Raises `ConfigurationError`."""
    try:
        given = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file}: {error}. Next: write JSON that fits config.schema.json") from None
    config = {key: value for key, value in given.items() if key != "$schema"}
    if strangers := sorted(config.keys() - _OWN_LEVELS.keys() - {"all"}):
        raise ConfigurationError(
            f"{file}: there is no policy {', '.join(strangers)}. Next: `fedctl policies --json` has their names"
        )
    return config


def serve() -> None:
    """Serve until the engine ends it; the first line of the output is the port, as the engine expects."""
    ended = threading.Event()
    try:
        session, initial = Session(POLICIES, today()), initial_config(CONFIG)
    except ConfigurationError as error:
        sys.exit(f"error: policy pack: {error}.")
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4),
        options=[("grpc.max_receive_message_length", LARGEST_MESSAGE)],
    )
    add_AnalyzerServicer_to_server(Analyzer(session, initial, ended.set), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ended.wait()
    server.stop(grace=1)
