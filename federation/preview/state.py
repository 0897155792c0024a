"""What becomes of a snapshot in a preview without access: the facts in it, and the state that the engine is given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from federation.offline import NOBODY, NOWHERE_KUBECONFIG, OPAQUE, REDACTED, Facts
from federation.preview.events import SECRET_MARK, SIGNATURE
from federation.preview.snapshot import ENTRIES, HIDDEN, SECRET, State, is_secret

JOIN = "pulumi-python:dynamic/federation:Join"
HOST = "pulumi-python:dynamic/federation:Host"
INIT = "pulumi-python:dynamic/federation:Init"
KUBERNETES = "pulumi:providers:kubernetes"
ZONES = ("azure-native:dns:Zone", "azure-native:privatedns:PrivateZone")
_SUBSCRIPTION = re.compile(r"^/subscriptions/([^/]+)/resourceGroups/[^/]+$")


def facts(resources: Sequence[State]) -> Facts:
    """What the program would ask clusters and Azure for."""
    servers = {
        str(_of(each, "inputs", "member")): str(_of(each, "outputs", "endpoint"))
        for each in resources
        if each.get("type") == JOIN and _of(each, "outputs", "endpoint")
    }
    subscriptions = (
        found[1] for each in resources if (found := _SUBSCRIPTION.match(str(each.get("id", ""))))
    )
    tenants = (
        tenant
        for each in resources
        if str(each.get("type", "")).startswith("azure-native:")
        and isinstance(tenant := _of(each, "outputs", "tenantId"), str)
    )
    return Facts(
        servers=dict(_hosts(resources)) | servers,
        tenant=next(tenants, NOBODY),
        subscription=next(subscriptions, NOBODY),
        nameservers=dict(_nameservers(resources)),
        inputs={each["urn"]: plain(each["inputs"]) for each in resources if each.get("inputs")},
    )


def _hosts(resources: Sequence[State]) -> Iterator[tuple[str, str]]:
    """Host clusters, which need not be members: the federation API is where the cluster's own is."""
    hosts = {str(_of(each, "inputs", "cluster")) for each in resources if each.get("type") == HOST}
    for each in resources:
        address = urlsplit(str(_of(each, "outputs", "endpoint") or "")).hostname
        if each.get("type") == INIT and len(hosts) == 1 and address:
            yield hosts.pop(), f"https://{f'[{address}]' if ':' in address else address}"


def _nameservers(resources: Sequence[State]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for each in resources:
        found = _of(each, "outputs", "nameServers")
        if each.get("type") in ZONES and each.get("external") and isinstance(found, list):
            yield str(_of(each, "outputs", "name")), tuple(map(str, found))


def _of(resource: State, part: str, key: str) -> Any:
    return (resource.get(part) or {}).get(key)


def importable(snapshot: State, secrets_providers: Any) -> State:
    """What `pulumi stack import` takes.

    Args:
        snapshot: as `federation.preview.snapshot.redacted` has made it.
        secrets_providers: of the stack that it is imported into.
    """
    deployment = snapshot["deployment"]
    resources = [_restored(each) for each in deployment["resources"]]
    made = {**deployment, "resources": resources, "secrets_providers": secrets_providers}
    return {**snapshot, "deployment": made}


def _restored(resource: State) -> State:
    """A resource whose outputs have the shape of its inputs where these tell of it more than a placeholder does.

    A provider marks the whole of what has a secret inside, and could not compare the placeholder for it with anything.
    """
    inputs, outputs = resource.get("inputs") or {}, dict(resource.get("outputs") or {})
    for key, value in outputs.items():
        if key == "__inputs" and is_secret(value):
            outputs[key] = _sealed(plain(inputs))
        elif is_secret(value) and key in inputs and not is_secret(inputs[key]):
            outputs[key] = _sealed(plain(inputs[key]))
    if resource.get("type") == SECRET:
        inputs, outputs = _opaque(inputs), _opaque(outputs)
        if (repeated := outputs.get("__inputs")) and not is_secret(repeated):
            outputs["__inputs"] = _opaque(repeated)
    made = {**resource, "inputs": inputs, "outputs": outputs}
    if resource.get("type") == KUBERNETES:
        made["inputs"], made["outputs"] = (_with_kubeconfig(part) for part in (inputs, outputs))
    return {key: value for key, value in made.items() if key in resource}


def _opaque(props: State) -> State:
    """With one entry in place of all of a Secret's, as `components.offline` declares it."""
    sealed = {key: _sealed({OPAQUE: REDACTED}) for key in ENTRIES if is_secret(props.get(key))}
    return {**props, **{key: value for key, value in sealed.items() if props[key] == HIDDEN}}


def _with_kubeconfig(props: State) -> State:
    return {**props, "kubeconfig": _sealed(NOWHERE_KUBECONFIG)} if "kubeconfig" in props else props


def _sealed(value: Any) -> State:
    return {SIGNATURE: SECRET_MARK, "plaintext": json.dumps(value)}


def plain(value: Any) -> Any:
    """A value of a snapshot with the placeholder itself for each secret."""
    if is_secret(value):
        return REDACTED
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
