"""The pack as the engine talks to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import grpc
import jsonschema
import pytest
from google.protobuf import json_format
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2 as rpc
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from policy.pack import DESCRIPTION, NAME, POLICIES, VERSION
from policy.rule import Level
from policy.schema import config_schema, settings_schema
from policy.server import (
    CONFIG,
    LEVELS,
    SEVERITIES,
    TODAY,
    Analyzer,
    initial_config,
    policy_info,
    secrets_provider,
    to_resource,
    today,
)
from policy.session import ConfigurationError, Session
from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, azure, secret
from tests.policy.cases.rbac import EVERYTHING, binding, role

DAY = date(2026, 11, 29)
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
SECONDS = 30


class RefusedError(Exception):
    """What a call was refused with."""


class Context:
    """As far as the server needs it."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise RefusedError(code, details)


def struct(value: Any) -> Struct:
    made = Struct()
    json_format.ParseDict(value, made)
    return made


def analyzer(
    initial: dict[str, Any] | None = None, config: dict[str, tuple[Level, dict[str, Any]]] | None = None
) -> Analyzer:
    made = Analyzer(Session(POLICIES, DAY), initial or {}, lambda: None)
    configs = {policy.name: rpc.PolicyConfig(enforcementLevel=LEVELS[policy.level]) for policy in POLICIES}
    for name, (level, properties) in (config or {}).items():
        configs[name] = rpc.PolicyConfig(enforcementLevel=LEVELS[level], properties=struct(properties))
    made.Configure(rpc.ConfigureAnalyzerRequest(policyConfig=configs), Context())  # type: ignore[arg-type]
    return made


def request(found: Resource, **more: Any) -> rpc.AnalyzeRequest:
    return rpc.AnalyzeRequest(
        type=found.type, name=found.name, urn=found.urn, properties=struct(dict(found.raw)), **more
    )


def analyze(made: Analyzer, found: Resource) -> list[rpc.AnalyzeDiagnostic]:
    return list(made.Analyze(request(found), Context()).diagnostics)  # type: ignore[arg-type]


def test_a_violation_is_a_diagnostic() -> None:
    (found,) = analyze(analyzer(), binding("system:masters"))
    assert found.policyName == "p01-cluster-admin"
    assert (found.policyPackName, found.policyPackVersion) == (NAME, VERSION)
    assert found.enforcementLevel == rpc.MANDATORY
    assert found.severity == rpc.POLICY_SEVERITY_CRITICAL
    assert found.urn == binding().urn
    assert found.description == "No cluster-admin for groups of everybody"
    assert found.message == (
        "No cluster-admin for groups of everybody\n"
        "ClusterRoleBinding 'it': ClusterRoleBinding it gives cluster-admin to 'system:masters' (subjects[0])."
        " Next: bind a ClusterRole with the verbs that are needed to a ServiceAccount of its own."
        " [P01, docs/policies.md#p01]"
    )


def test_levels_and_settings_come_from_the_engine() -> None:
    exception = {"subject": "it", "reason": "because of a test", "expires": "2026-11-29"}
    made = analyzer(config={"p02-wildcard-role": (Level.ADVISORY, {"exceptions": [exception]})})
    assert analyze(made, role(EVERYTHING)) == []
    (found,) = analyze(made, role(EVERYTHING, name="other"))
    assert found.enforcementLevel == rpc.ADVISORY
    (kept,) = made.AnalyzeStack(rpc.AnalyzeStackRequest(), Context()).diagnostics  # type: ignore[arg-type]
    assert (kept.urn, kept.enforcementLevel) == ("", rpc.ADVISORY)
    assert "excused until 2026-11-29: it" in kept.message


def test_settings_that_the_schema_does_not_refuse_are_refused_with_their_place() -> None:
    wrong = {"subject": "it", "reason": "because of a test", "expires": "soon"}
    with pytest.raises(RefusedError, match=r"policy p02-wildcard-role: exceptions\.0\.expires") as caught:
        analyzer(config={"p02-wildcard-role": (Level.ADVISORY, {"exceptions": [wrong]})})
    assert caught.value.args[0] is grpc.StatusCode.INVALID_ARGUMENT


def test_a_resource_comes_whole() -> None:
    options = rpc.AnalyzerResourceOptions(protect=True, parent="urn:parent")
    provider = rpc.AnalyzerProviderResource(properties=struct({"kubeconfig": "x"}))
    raw = {"a": UNKNOWN, "b": secret("x"), "c": [1.0, None, True]}
    given = request(Resource("my:index:Thing", "it", "urn:it", raw), options=options, provider=provider)
    assert to_resource(given) == Resource(
        "my:index:Thing", "it", "urn:it", raw, protect=True, parent="urn:parent", provider={"kubeconfig": "x"}
    )
    bare = rpc.AnalyzerResource(type="my:index:Thing", name="it", urn="urn:it", parent="urn:other")
    assert to_resource(bare) == Resource("my:index:Thing", "it", "urn:it", {}, parent="urn:other")
    assert to_resource(request(Resource("my:index:Thing", "it"))).parent == ""


def test_the_whole_stack_is_looked_at_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.prod.yaml").write_text("encryptionsalt: v1:salt\n")
    made = analyzer(config={"p29-state-encryption": (Level.ADVISORY, {"production": True})})
    made.ConfigureStack(rpc.AnalyzerStackConfigureRequest(stack="prod"), Context())  # type: ignore[arg-type]
    found = made.AnalyzeStack(rpc.AnalyzeStackRequest(), Context()).diagnostics  # type: ignore[arg-type]
    assert [each.policyName for each in found] == ["p29-state-encryption"]
    assert "Stack 'prod'" in found[0].message


def test_every_resource_of_the_stack_is_looked_at() -> None:
    given = [
        rpc.AnalyzerResource(
            type=found.type, name=found.name, urn=found.urn, properties=struct(dict(found.raw))
        )
        for found in (
            azure("dns:Zone", name, zoneName=f"{name}.example.com", resourceGroupName="g") for name in "ab"
        )
    ]
    found = analyzer().AnalyzeStack(rpc.AnalyzeStackRequest(resources=given), Context()).diagnostics  # type: ignore[arg-type]
    assert {each.urn for each in found if each.policyName == "p20-zone-guard"} == {each.urn for each in given}


def test_what_is_mended_comes_with_its_policy_and_with_the_marks_of_secrets() -> None:
    made = analyzer(config={"p22-namespaces": (Level.REMEDIATE, {})})
    raw = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}, "other": secret("x")}
    given = request(Resource("kubernetes:core/v1:Namespace", "apps", "urn:it", raw))
    (mended,) = made.Remediate(given, Context()).remediations  # type: ignore[arg-type]
    assert (mended.policyName, mended.policyPackName, mended.policyPackVersion) == (
        "p22-namespaces",
        NAME,
        VERSION,
    )
    after = json_format.MessageToDict(mended.properties)
    assert after["metadata"] == {
        "name": "apps",
        "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
    }
    assert after["other"] == secret("x")
    assert mended.description
    assert list(analyzer().Remediate(given, Context()).remediations) == []  # type: ignore[arg-type]


def test_the_engine_is_told_about_every_policy() -> None:
    initial = {
        "p01-cluster-admin": "advisory",
        "p22-namespaces": {"enforcementLevel": "remediate", "forbidden": ["x"]},
    }
    info = analyzer({**initial, "p07-images": {"registries": ["x/*"]}}).GetAnalyzerInfo(Empty(), Context())  # type: ignore[arg-type]
    assert (info.name, info.version, info.description, info.supportsConfig) == (
        NAME,
        VERSION,
        DESCRIPTION,
        True,
    )
    assert info.displayName == NAME
    assert [each.name for each in info.policies] == [policy.name for policy in POLICIES]
    assert info.initialConfig["p01-cluster-admin"].enforcementLevel == rpc.ADVISORY
    assert info.initialConfig["p22-namespaces"].enforcementLevel == rpc.REMEDIATE
    assert json_format.MessageToDict(info.initialConfig["p22-namespaces"].properties) == {"forbidden": ["x"]}
    assert json_format.MessageToDict(info.initialConfig["p07-images"].properties) == {"registries": ["x/*"]}
    assert analyzer().GetPluginInfo(Empty(), Context()).version == VERSION  # type: ignore[arg-type]


def test_a_configuration_without_a_level_keeps_that_of_the_policy() -> None:
    info = analyzer({"p07-images": {"exceptions": []}, "p23-workload-quality": {"exceptions": []}})
    told = info.GetAnalyzerInfo(Empty(), Context()).initialConfig  # type: ignore[arg-type]
    levels = {policy.name: LEVELS[policy.level] for policy in POLICIES}
    assert {name: config.enforcementLevel for name, config in told.items()} == {
        name: levels[name] for name in ("p07-images", "p23-workload-quality")
    }


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_a_policy_is_told_with_its_remedy_and_where_to_read_more(policy: Any) -> None:
    info = policy_info(policy)
    assert info.displayName == f"{policy.id} {policy.title}"
    assert info.description == f"{policy.title}. {policy.why}"
    assert (info.enforcementLevel, info.severity) == (LEVELS[policy.level], SEVERITIES[policy.severity])
    assert (info.remediation_steps, info.url) == (policy.remedy, f"docs/policies.md#{policy.id.lower()}")
    one = rpc.POLICY_TYPE_RESOURCE if policy.checks or policy.advice else rpc.POLICY_TYPE_STACK
    assert info.policy_type == one
    assert json_format.MessageToDict(info.configSchema.properties) == json.loads(
        json.dumps(settings_schema(policy))
    )


def test_what_a_stack_is_encrypted_with(tmp_path: Path) -> None:
    def says(text: str) -> str:
        (tmp_path / "Pulumi.dev.yaml").write_text(text)
        return secrets_provider(tmp_path, "dev")

    assert secrets_provider(tmp_path, "dev") == ""
    assert says("encryptionsalt: v1:salt") == "passphrase"
    assert says("secretsprovider: passphrase\nencryptionsalt: v1:salt") == "passphrase"
    assert says("secretsprovider: azurekeyvault://vault/keys/one\nencryptedkey: x") == "azurekeyvault"
    assert [says(text) for text in ("config: {}", "", "[]", "{")] == [""] * 4


def test_the_day_is_today_unless_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TODAY, raising=False)
    assert today() == datetime.now(tz=UTC).date()
    monkeypatch.setenv(TODAY, "2027-02-03")
    assert today() == date(2027, 2, 3)
    monkeypatch.setenv(TODAY, "soon")
    with pytest.raises(
        ConfigurationError, match=r"^FEDERATION_POLICY_TODAY=soon: it is no day\. Next: write"
    ):
        today()


def test_the_packs_own_configuration_is_read_and_mistakes_in_it_are_named(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"$schema": "x", "all": "advisory", "p01-cluster-admin": "disabled"}')
    assert initial_config(file) == {"all": "advisory", "p01-cluster-admin": "disabled"}
    file.write_text('{"p99": "advisory", "p98": "advisory"}')
    with pytest.raises(ConfigurationError, match=r"there is no policy p98, p99\. Next: `fedctl"):
        initial_config(file)
    file.write_text("{")
    with pytest.raises(ConfigurationError, match="Next: write JSON that fits"):
        initial_config(file)


def test_a_pack_that_cannot_start_says_why_without_a_stack_trace() -> None:
    argv = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(CONFIG.parent)]
    env = {**os.environ, TODAY: "soon"}
    done = subprocess.run(argv, env=env, text=True, capture_output=True, timeout=SECONDS, check=False)
    assert done.returncode != 0
    assert done.stderr.startswith("error: policy pack: FEDERATION_POLICY_TODAY=soon: it is no day. Next: ")
    assert "Traceback" not in done.stderr


def test_the_configuration_of_the_checkout_fits_its_schema() -> None:
    jsonschema.validate(json.loads(CONFIG.read_text()), config_schema())


def test_the_engine_starts_it_asks_it_and_ends_it() -> None:
    argv = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(CONFIG.parent)]
    env = {**os.environ, TODAY: "2026-11-29"}
    with subprocess.Popen(argv, env=env, text=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = AnalyzerStub(channel)
                stub.Handshake(rpc.AnalyzerHandshakeRequest(), timeout=SECONDS)
                assert len(stub.GetAnalyzerInfo(Empty(), timeout=SECONDS).policies) == 30
                answer = stub.Analyze(request(role(EVERYTHING)), timeout=SECONDS)
                assert [each.policyName for each in answer.diagnostics] == ["p02-wildcard-role"]
                stub.Cancel(Empty(), timeout=SECONDS)
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
