"""Public addresses that clusters hold: of the inventory's own, or made in the node resource group, as AKS does."""

from __future__ import annotations

from dataclasses import dataclass

from lab.azure.aks import names
from lab.azure.http import Document
from lab.azure.ids import ResourceId, resource
from lab.azure.kinds import Call, Context, Kind
from lab.azure.network import ADDRESS, PublicAddress, free_address
from lab.azure.references import referrers
from lab.azure.store import Entry
from lab.azure.vnet import VERSIONS

BALANCERS = "Microsoft.Network/loadBalancers"
_KIND = PublicAddress()
_JOIN = "Microsoft.Network/publicIPAddresses/join/action"


class AddressError(Exception):
    """Why a service can't have the address that it asks for; for people."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a service asks for.

    Attributes:
        service: `namespace/name`.
        uid: of the Service.
        address: its `loadBalancerIP`, or the annotation of the same meaning.
        name: of a public IP address.
        group: where that is; None: in the node resource group.
    """

    service: str
    uid: str
    address: str | None = None
    name: str | None = None
    group: str | None = None


class LoadBalancer(Kind):
    """The load balancer `kubernetes` of a node resource group: a record of who has which address. AKS writes it."""

    type = BALANCERS
    versions = VERSIONS
    tracked = True

    def validate(self, call: Call) -> None:
        """Refused."""
        raise call.refuse(
            "OperationNotAllowed",
            "The stand-in has load balancers of AKS only, and these are written by AKS.",
            409,
        )


class Addresses:
    """The public addresses of one cluster's services.

    What it holds stands in the inventory, in the load balancer's record: a restart loses nothing, and an address that a
    service has can't be deleted.
    """

    def __init__(self, context: Context, cluster: ResourceId) -> None:
        self._context, self._store, self._cluster = context, context.store, cluster

    def held(self) -> dict[str, str]:
        """Service → address."""
        found = {}
        for service, frontend in self._frontends().items():
            entry = self._store.get(frontend["id"])
            found[service] = str(entry.properties.get("ipAddress", "")) if entry else ""
        return found

    def ensure(self, wish: Wish) -> str:
        """The service's address. Raises `AddressError`."""
        with self._store.transaction():
            frontends = self._frontends()
            mine = frontends.get(wish.service)
            entry = self._asked(wish) if wish.address or wish.name else self._made(wish)
            if mine is None or mine["id"] != entry.id:
                if mine is not None:
                    self._drop(mine)
                made = entry.resource_id.key == self._own_id(wish).key
                self._write({**frontends, wish.service: {"id": entry.id, "uid": wish.uid, "made": made}})
            return str(entry.properties["ipAddress"])

    def free(self, service: str) -> str | None:
        """Give the service's address back. Returns it; None when it has none."""
        with self._store.transaction():
            address = self.held().get(service)
            frontends = self._frontends()
            mine = frontends.pop(service, None)
            if mine is None:
                return None
            self._write(frontends)
            self._drop(mine)
            return address

    # The record

    @property
    def _balancer(self) -> ResourceId:
        return resource(f"{self._group(self._owner())}/providers/{BALANCERS}/kubernetes")

    def _owner(self) -> Entry:
        if (entry := self._store.get(self._cluster)) is None:
            raise AddressError("the cluster is gone")
        return entry

    def _group(self, cluster: Entry) -> str:
        return names.group_id(self._cluster, cluster.properties["nodeResourceGroup"]).text

    def _frontends(self) -> dict[str, Document]:
        if self._store.get(self._cluster) is None:
            return {}
        entry = self._store.get(self._balancer)
        return dict(entry.private["frontends"]) if entry else {}

    def _write(self, frontends: dict[str, Document]) -> None:
        cluster, balancer = self._owner(), self._balancer
        if not frontends:
            self._store.delete(balancer)
            return
        shown = [
            {"name": _frontend(f["uid"]), "properties": {"publicIPAddress": {"id": f["id"]}}}
            for f in frontends.values()
        ]
        document = {
            "location": cluster.document["location"],
            "sku": {"name": "Standard", "tier": "Regional"},
            "properties": {"provisioningState": "Succeeded", "frontendIPConfigurations": shown},
        }
        self._store.put(balancer, BALANCERS, document, {"frontends": frontends})

    # Addresses

    def _asked(self, wish: Wish) -> Entry:
        """An address of the operator's, that nobody else has and the cluster may take."""
        cluster = self._owner()
        group = wish.group or cluster.properties["nodeResourceGroup"]
        found = [
            entry
            for entry in self._store.of_type(ADDRESS, names.group_id(self._cluster, group).text)
            if (not wish.name or entry.resource_id.name.lower() == wish.name.lower())
            and (not wish.address or entry.properties.get("ipAddress") == wish.address)
        ]
        if not found:
            raise AddressError(
                f"user supplied IP Address {wish.name or wish.address} was not found in resource group {group}"
            )
        entry = found[0]
        self._require_right(cluster, entry, group)
        self._require_free(entry, wish)
        if not entry.properties.get("ipAddress"):
            raise AddressError(f"public IP address {entry.resource_id.name} has no address yet")
        return entry

    def _require_right(self, cluster: Entry, entry: Entry, group: str) -> None:
        """The node resource group is the cluster's own; elsewhere its identity needs Network Contributor."""
        if group.lower() == cluster.properties["nodeResourceGroup"].lower():
            return
        principal = principal_of(cluster)
        if not self._context.access.allowed(principal, _JOIN, entry.id):
            raise AddressError(
                f"AuthorizationFailed: The client with object id '{principal}' does not have authorization to perform "
                f"action '{_JOIN}' over scope '{entry.id}'; give the cluster's identity Network Contributor on "
                f"resource group {group}"
            )

    def _require_free(self, entry: Entry, wish: Wish) -> None:
        holders = {f["id"].lower(): service for service, f in self._frontends().items()}
        holder = holders.get(entry.resource_id.key)
        others = [e for e in referrers(self._store, entry.id) if e.id.lower() != self._balancer.key]
        if others or holder not in (None, wish.service):
            by = others[0].id if others else f"service {holder}"
            raise AddressError(f"public IP address {entry.resource_id.name} is in use by {by}")

    def _own_id(self, wish: Wish) -> ResourceId:
        return resource(f"{self._group(self._owner())}/providers/{ADDRESS}/kubernetes-{_frontend(wish.uid)}")

    def _made(self, wish: Wish) -> Entry:
        """One that is nobody's else; made, if it is not there."""
        cluster, id_ = self._owner(), self._own_id(wish)
        if (entry := self._store.get(id_)) is not None:
            return entry
        if (address := free_address(self._context)) is None:
            raise AddressError("PublicIPCountLimitReached: all public addresses are taken")
        document: Document = {
            "location": cluster.document["location"],
            "sku": {"name": "Standard", "tier": "Regional"},
            "tags": {"k8s-azure-cluster-name": "kubernetes", "k8s-azure-service": wish.service},
            "properties": {
                "provisioningState": "Succeeded",
                "ipAddress": address,
                "publicIPAddressVersion": "IPv4",
                "publicIPAllocationMethod": "Static",
                "idleTimeoutInMinutes": 4,
            },
        }
        return _KIND.save(self._context, id_, document, {"address": address})

    def _drop(self, frontend: Document) -> None:
        """An address that was made for a service goes with it."""
        if frontend["made"]:
            _KIND.remove(self._context, resource(frontend["id"]))


def principal_of(cluster: Entry) -> str:
    """Object id of the control plane's identity."""
    identity = cluster.document.get("identity") or {}
    owned = list((identity.get("userAssignedIdentities") or {}).values())
    return str(owned[0]["principalId"] if owned else identity.get("principalId", ""))


def _frontend(uid: str) -> str:
    """The name that the cloud controller gives a service's frontend."""
    return f"a{uid.replace('-', '')}"[:32]
