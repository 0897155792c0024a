"""Traffic Manager in the resource manager: profiles and their external endpoints.

Other endpoints (Azure, nested) and the routing methods Geographic and Subnet are refused: nothing here uses them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from azure.mgmt.trafficmanager import models

from lab.azure.dns import alias, routing
from lab.azure.dns.monitor import monitor_mistake, with_defaults
from lab.azure.dns.names import is_domain_name
from lab.azure.http import ArmError, Document
from lab.azure.kinds import Call, Context, Kind
from lab.azure.store import Entry

DOMAIN = "trafficmanager.net"
VERSIONS = ("2022-04-01", "2026-09-01", "2022-04-01-preview", "2018-08-01", "2018-04-01")
METHODS = ("Priority", "Weighted", "Performance", "MultiValue")
MOST_ENDPOINTS = 200
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,260}")
_RELATIVE = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*")


def _bad(message: str) -> ArmError:
    return ArmError(400, "BadRequest", message)


class ProfileKind(Kind):
    """A profile. Its endpoints are resources of their own, and also part of its document.

    A PUT replaces all endpoints, those of an empty or absent list too; a PATCH may not name them.
    """

    type = routing.PROFILES
    versions = VERSIONS
    model = models.Profile
    tracked = True
    location = "global"
    deleted: ClassVar[Document | None] = {"boolean": True}
    name_pattern = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")

    def validate(self, call: Call) -> None:
        """Names, methods, monitoring, endpoints."""
        given = call.properties
        method = given.get("trafficRoutingMethod")
        if method not in METHODS:
            raise _bad(
                f"The traffic routing method '{method}' is invalid here. Supported: {', '.join(METHODS)}."
            )
        most = given.get("maxReturn")
        if (method == "MultiValue") != (most is not None):
            raise _bad("The property 'maxReturn' is required with the method MultiValue, and only there.")
        if most is not None and not 1 <= most <= 8:
            raise _bad(f"The value {most} of 'maxReturn' is invalid: it must be from 1 to 8.")
        self._check_dns(call)
        if mistake := monitor_mistake(given.get("monitorConfig") or {}):
            raise _bad(mistake)
        check_endpoints(given.get("endpoints") or [], method)

    def _check_dns(self, call: Call) -> None:
        config = call.properties.get("dnsConfig") or {}
        name, ttl = config.get("relativeName"), config.get("ttl", 60)
        if not name or not _RELATIVE.fullmatch(name):
            raise _bad(f"The relative DNS name '{name}' is invalid.")
        if not isinstance(ttl, int) or not 0 <= ttl <= 2_147_483_647:
            raise _bad(f"The TTL {ttl} is invalid: it must be from 0 to 2147483647 seconds.")
        before = call.existing.properties["dnsConfig"]["relativeName"] if call.existing else name
        if before.lower() != name.lower():
            raise _bad("The relative DNS name of a profile can't be changed.")
        for other in call.context.store.of_type(self.type):
            taken = other.properties["dnsConfig"]["relativeName"].lower() == name.lower()
            if taken and other.id.lower() != call.id.key:
                message = (
                    f"Domain name {name}.{DOMAIN} is not available. Please choose a different DNS prefix."
                )
                raise ArmError(409, "Conflict", message)

    def put(self, call: Call) -> Document:
        """The profile, and its endpoints as children."""
        given = call.properties
        dns = given["dnsConfig"]
        properties = {
            "profileStatus": given.get("profileStatus") or "Enabled",
            "trafficRoutingMethod": given["trafficRoutingMethod"],
            "dnsConfig": {
                "relativeName": dns["relativeName"],
                "fqdn": f"{dns['relativeName']}.{DOMAIN}".lower(),
                "ttl": dns.get("ttl", 60),
            },
            "monitorConfig": with_defaults(given["monitorConfig"]),
            "trafficViewEnrollmentStatus": given.get("trafficViewEnrollmentStatus") or "Disabled",
        }
        if given.get("maxReturn") is not None:
            properties["maxReturn"] = given["maxReturn"]
        if not call.private.pop("keep", False):
            self._replace_endpoints(call, given.get("endpoints") or [])
        return {"location": "global", "tags": call.body.get("tags") or {}, "properties": properties}

    def _replace_endpoints(self, call: Call, endpoints: list[Document]) -> None:
        wanted = {e["name"].lower(): e for e in endpoints}
        for old in routing.endpoints_of(call.context.store, call.id):
            if old.resource_id.name.lower() not in wanted:
                ENDPOINT.remove(call.context, old.resource_id)
        for i, endpoint in enumerate(endpoints, start=1):
            id_ = call.id.child(routing.EXTERNAL, endpoint["name"])
            ENDPOINT.save(call.context, id_, {"properties": endpoint_properties(endpoint["properties"], i)})

    def patch(self, call: Call) -> Document:
        """All but the endpoints, which stay."""
        given = call.body.get("properties") or {}
        if "endpoints" in given:
            raise _bad(
                "The 'endpoints' property cannot be specified when updating a profile using PATCH. "
                "Please use PUT to update the profile instead."
            )
        before = call.existing.document if call.existing else {}
        properties = {**before["properties"], **given}
        for part in ("dnsConfig", "monitorConfig"):
            properties[part] = {**before["properties"][part], **(given.get(part) or {})}
        properties["dnsConfig"].pop("fqdn", None)
        call.private["keep"] = True
        tags = call.body.get("tags", before.get("tags"))
        return {"location": before["location"], "tags": tags, "properties": properties}

    def render(self, context: Context, entry: Entry) -> Document:
        """With the endpoints and what the probes have found."""
        endpoints = [
            ENDPOINT.render(context, e) for e in routing.endpoints_of(context.store, entry.resource_id)
        ]
        monitor = {
            **entry.properties["monitorConfig"],
            "profileMonitorStatus": routing.overall_status(context, entry),
        }
        return {
            **entry.document,
            "properties": {**entry.properties, "monitorConfig": monitor, "endpoints": endpoints},
        }

    def changed(self, context: Context, before: Entry | None, after: Entry | None) -> None:
        """Aliases of a profile that is gone become empty."""
        if after is None and before is not None:
            alias.release(context, before.id)
        alias.touch(context)


class EndpointKind(Kind):
    """An external endpoint: a name or an address anywhere."""

    type = f"{routing.PROFILES}/{routing.EXTERNAL}"
    versions = VERSIONS
    model = models.Endpoint
    name_pattern = _NAME
    deleted: ClassVar[Document | None] = ProfileKind.deleted

    def validate(self, call: Call) -> None:
        """The endpoint with all the others of its profile."""
        profile = self._profile(call)
        mine = {"name": call.id.name, "type": self.type, "properties": call.properties}
        others = [e.document for e in self._others(call)]
        if "priority" not in call.properties and others:
            call.properties["priority"] = 1 + max(e["properties"]["priority"] for e in others)
        check_endpoints([*others, mine], profile.properties["trafficRoutingMethod"])
        aliases = alias.aliases_of(call.context, profile.id)
        if (
            aliases
            and not routing.is_ip(call.properties["target"])
            and any(not a.type.lower().endswith("/cname") for a in aliases)
        ):
            raise _bad(
                f"The target '{call.properties['target']}' is no IP address, and alias record sets need one."
            )

    def _profile(self, call: Call) -> Entry:
        parent = call.id.parent
        found = call.context.store.get(parent) if parent else None
        if found is None:
            raise call.refuse("ResourceNotFound", f"The profile of {call.id.text} was not found.", 404)
        return found

    def _others(self, call: Call) -> list[Entry]:
        parent = call.id.parent
        siblings = routing.endpoints_of(call.context.store, parent) if parent else []
        return [e for e in siblings if e.id.lower() != call.id.key]

    def put(self, call: Call) -> Document:
        """The endpoint with defaults."""
        return {"properties": endpoint_properties(call.properties, len(self._others(call)) + 1)}

    def patch(self, call: Call) -> Document:
        """What is given takes the place of what there was."""
        before = call.existing.properties if call.existing else {}
        return {"properties": {**before, **(call.body.get("properties") or {})}}

    def render(self, context: Context, entry: Entry) -> Document:
        """With what the probes have found."""
        parent = entry.resource_id.parent
        profile = context.store.get(parent) if parent else None
        status = routing.monitor_status(context, profile, entry) if profile else "Inactive"
        return {**entry.document, "properties": {**entry.properties, "endpointMonitorStatus": status}}

    def changed(self, context: Context, before: Entry | None, after: Entry | None) -> None:
        """Answers may be others now."""
        if before is not after:
            alias.touch(context)


def endpoint_properties(given: Mapping[str, Any], place: int) -> Document:
    """What is stored of an endpoint.

    Args:
        place: in its profile, from 1: the priority of one that names none.
    """
    kept = ("endpointLocation", "customHeaders", "alwaysServe")
    return {
        "target": given["target"],
        "endpointStatus": given.get("endpointStatus") or "Enabled",
        "weight": given.get("weight") or 1,
        "priority": given.get("priority") or place,
        **{key: given[key] for key in kept if given.get(key) is not None},
    }


def check_endpoints(endpoints: list[Document], method: str) -> None:
    """Raise the `ArmError` of a list of endpoints that a profile can't have."""
    if len(endpoints) > MOST_ENDPOINTS:
        raise _bad(f"A profile can't have {len(endpoints)} endpoints: the maximum is {MOST_ENDPOINTS}.")
    for endpoint in endpoints:
        _check_endpoint(endpoint, method)
    _check_unique("endpoints", [e["name"] for e in endpoints])
    _check_unique("targets of endpoints", [e["properties"]["target"] for e in endpoints])
    priorities = [e["properties"].get("priority") for e in endpoints]
    given = [str(p) for p in priorities if p is not None]
    if given and len(given) != len(endpoints):
        raise _bad("The priority must be specified on all endpoints, or on none.")
    _check_unique("priorities", given)


def _check_unique(what: str, values: list[str]) -> None:
    lowered = [v.lower() for v in values]
    twice = sorted({v for v in values if lowered.count(v.lower()) > 1})
    if twice:
        raise _bad(f"There are duplicates in the list of {what}: {', '.join(twice)}.")


def _check_endpoint(endpoint: Document, method: str) -> None:
    name, type_ = endpoint.get("name") or "", endpoint.get("type")
    properties = endpoint.get("properties") or {}
    if not _NAME.fullmatch(name):
        raise _bad(
            f"Endpoint name '{name}' is invalid. Endpoint names cannot be empty or all whitespace, and must be up to "
            "260 alphanumeric characters long."
        )
    if str(type_).lower() != EndpointKind.type.lower():
        raise _bad(
            f"The type '{type_}' specified for endpoint '{name}' is invalid here: only {EndpointKind.type} is."
        )
    target = properties.get("target") or ""
    if not routing.is_ip(target) and (method == "MultiValue" or not is_domain_name(target)):
        needs = "an IP address" if method == "MultiValue" else "a domain name or an IP address"
        raise _bad(f"The target '{target}' of endpoint '{name}' is invalid: it must be {needs}.")
    for key in ("weight", "priority"):
        value = properties.get(key)
        if value is not None and not 1 <= value <= 1000:
            raise _bad(f"The {key} {value} of endpoint '{name}' is invalid: it must be from 1 to 1000.")
    if method == "Performance" and not properties.get("endpointLocation"):
        raise _bad(f"The endpoint '{name}' needs an 'endpointLocation' with the method Performance.")


PROFILE, ENDPOINT = ProfileKind(), EndpointKind()
