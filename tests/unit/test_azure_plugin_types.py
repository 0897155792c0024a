"""The plugin's table of types against the two SDKs: Pulumi's for the inputs, Microsoft's for the documents."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from typing import Any

import pytest

from lab.azure.plugin import properties, schema
from lab.azure.plugin.nested import FLATTENED, RENAMED
from lab.azure.plugin.schema import Shape
from lab.azure.plugin.types import BY_TOKEN, TYPES, VERSION, ResourceType
from tests.unit.azure_plugin_fixtures import MODELS, full, model, model_fields, of, strangers

SUBSCRIPTION = "6e6e2a3c-0d0a-4b8a-9d55-4f5b3f8f6e11"
NOT_IN_THE_MODELS = {
    # Of the newer api-version 2023-07-01-preview than azure-mgmt-dns speaks.
    "dns:RecordSet": {
        f"properties.{name}" for name in "DSRecords NAPTRRecords TLSARecords trafficManagementProfile".split()
    },
}
EXTRA = re.compile(r".*ipamPoolPrefixAllocations\.id")  # Pulumi shows the id of `pool` there

every_type = pytest.mark.parametrize("type_", TYPES, ids=lambda t: t.noun)
every_model = pytest.mark.parametrize("noun", MODELS)


def test_the_plugin_has_the_version_that_the_sdk_asks_for() -> None:
    assert version("pulumi-azure-native") == VERSION


@every_type
def test_api_versions_are_those_of_the_sdk(type_: ResourceType) -> None:
    text = inspect.getsource(schema.outputs(type_).cls)  # type: ignore[arg-type]
    assert f"Uses Azure REST API version {type_.version}." in text


@every_type
def test_what_makes_an_id_is_an_input_and_is_read_back(type_: ResourceType) -> None:
    assert set(type_.parameters) <= schema.inputs(type_).fields.keys()
    values = {name: f"{name}1" for name in type_.parameters}
    if "scope" in values or "resourceUri" in values:
        values[type_.parameters[0]] = (
            f"subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.X/a/b"
        )
    id_ = properties.path(type_, values, SUBSCRIPTION)
    assert id_.startswith("/subscriptions/")
    assert type_.parse(id_) == values
    assert type_.parse(id_.upper()) is not None, "ARM writes ids in any case"


@every_type
def test_replacing_inputs_and_maintained_lists_exist(type_: ResourceType) -> None:
    shape = schema.inputs(type_)
    for rule in type_.replaces:
        top, _, rest = rule.replace("[]", "").partition(".")
        field = shape.fields[top]
        assert not rest or rest in (field.item or field).fields, rule
    assert set(type_.maintained) <= shape.fields.keys()


@every_model
def test_every_input_has_its_place_in_the_documents_of_the_official_sdk(noun: str) -> None:
    type_ = of(noun)
    document = properties.body(type_, full(schema.inputs(type_)))
    found = {path for path in strangers(model(noun), document) if not EXTRA.fullmatch(path)}
    assert found == NOT_IN_THE_MODELS.get(noun, set())


@every_model
def test_documents_lose_nothing_on_the_way_to_outputs_and_back(noun: str) -> None:
    type_ = of(noun)
    inputs = {k: v for k, v in full(schema.inputs(type_)).items() if not properties.is_own(type_, k)}
    outputs = properties.outputs(type_, properties.body(type_, inputs))
    lost = inputs.keys() - outputs.keys() - {"id"}
    assert lost <= {"type", "name", "etag"}, "an input that no output shows"


def test_what_is_nested_with_properties_and_what_is_renamed_is_all_there_is() -> None:
    nested: set[tuple[str, str]] = set()
    renamed: dict[tuple[str, str], dict[str, str]] = {}
    for noun in MODELS:
        _compare(schema.inputs(of(noun)), model(noun), nested, renamed, top=True)
    assert nested == {(module, name) for module, names in FLATTENED.items() for name in names}
    for key, names in renamed.items():
        assert names.items() <= RENAMED[key].items()
    assert renamed.keys() == RENAMED.keys()


def _compare(
    shape: Shape,
    cls: Any,
    nested: set[tuple[str, str]],
    renamed: dict[tuple[str, str], dict[str, str]],
    *,
    top: bool = False,
    seen: frozenset[Any] = frozenset(),
) -> None:
    fields = model_fields(cls)
    folded = {re.sub("-", "", name).lower(): name for name in fields}
    for name, field in shape.fields.items():
        wire = name if name in fields else folded.get(name.lower())
        if wire is None:
            continue
        if wire != name:
            renamed.setdefault(shape.name, {})[name] = wire
        path, inner, _ = fields[wire]
        if path and not top:
            nested.add(shape.name)
        item = field
        while item.item is not None:
            item = item.item
        if inner is not None and item.cls is not None and (item.cls, inner) not in seen:
            _compare(item, inner, nested, renamed, seen=seen | {(item.cls, inner)})


@every_model
def test_what_the_official_sdk_calls_settable_only_once_replaces(noun: str) -> None:
    once = {
        name
        for name, (path, _, visibility) in model_fields(model(noun)).items()
        if visibility == ("read", "create") and len(path) <= 1
    }
    assert once & schema.inputs(of(noun)).fields.keys() <= of(noun).replaces


def test_names_are_made_as_the_real_plugin_makes_them() -> None:
    kinds = {type_.noun: type_.auto_name for type_ in TYPES}
    assert kinds.pop("authorization:RoleAssignment") == "uuid"
    copied = {noun for noun, kind in kinds.items() if kind == "copy"}
    assert copied == {
        "network:Subnet",
        "managedidentity:FederatedIdentityCredential",
        "containerservice:AgentPool",
        "containerservice:MaintenanceConfiguration",
        "dns:RecordSet",
        "privatedns:VirtualNetworkLink",
    }
    assert len(BY_TOKEN) == len(TYPES) == 22
