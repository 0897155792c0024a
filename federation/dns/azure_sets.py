"""The requests to Azure DNS and Azure Private DNS: one method one request, through the official SDK."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from azure.core import MatchConditions

from federation.azure.calls import CLIENT
from federation.azure.credentials import transport
from federation.azure.quota import Rate
from federation.dns import azure_records
from federation.dns.azure_store import AzureStore
from federation.dns.limits import AZURE, AZURE_PRIVATE, Limits
from federation.dns.records import RecordSet, Stored

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

RATES = {"write": Rate(200), "list": Rate(60), "get": Rate(2000)}
"""Of a public zone: learn.microsoft.com, "Azure subscription and service limits", Azure DNS. What a delete counts as is
not said; here it is a write."""
PRIVATE_RATES = {"write": Rate(60), "list": Rate(100), "get": Rate(200)}
"""Of a private zone; same page."""


class Pages:
    """A list in parts. Each is a request, which may be sent again when it has failed.

    Attributes:
        more: whether there is another part.
    """

    def __init__(self, iterator: Any) -> None:
        self._iterator, self.more = iterator, True

    def next(self) -> list[Any]:
        """The next part, as the SDK has it."""
        found = list(next(self._iterator))
        self.more = self._iterator.continuation_token is not None
        return found


class Sets(Protocol):
    """The record sets of a zone, a request each; raises what azure-core does."""

    @property
    def limits(self) -> Limits:
        """Of the service."""

    def pages(self) -> Pages:
        """All of them, as the SDK has them."""

    def get(self, name: str, kind: str) -> Any:
        """One of them, by its relative name."""

    def put(self, name: str, record: RecordSet, owner: str, seen: Stored | None) -> Any:
        """Write one under the condition that it is as seen, or not there."""

    def delete(self, name: str, kind: str, seen: Stored) -> None:
        """Remove one under the condition that it is as seen."""

    def close(self) -> None:
        """Give the connections back."""


def sets_of(store: AzureStore, credential: TokenCredential, sender: Any = None) -> Sets:
    """The requests for a store's zone. `sender`: a transport of azure-core; None: one to the store's cloud."""
    return (PrivateSets if store.private else PublicSets)(store, credential, sender)


class _Sets:
    """What the two services have in common: a client, the place of the zone, the models."""

    limits: Limits
    models: ModuleType

    def __init__(self, store: AzureStore, credential: TokenCredential, sender: Any) -> None:
        cloud = store.cloud
        self._client = self._connect()(
            credential,
            store.subscription,
            base_url=cloud.resource_manager,
            credential_scopes=[cloud.scope],
            transport=sender or transport(cloud, cloud.resource_manager),
            **CLIENT,
        )
        self._place = store.resource_group, store.zone_name

    def _connect(self) -> Any:
        raise NotImplementedError

    def _body(self, record: RecordSet, owner: str, seen: Stored | None) -> Any:
        return azure_records.body(self.models, record, owner, seen)

    def close(self) -> None:
        """See `Sets`."""
        self._client.close()


class PublicSets(_Sets):
    """Azure DNS."""

    limits = AZURE

    def _connect(self) -> Any:
        from azure.mgmt.dns import DnsManagementClient, models  # noqa: PLC0415  each SDK is memory of its own

        self.models = models
        return DnsManagementClient

    def pages(self) -> Pages:
        """A part is of 100 sets."""
        return Pages(self._client.record_sets.list_by_dns_zone(*self._place).by_page())

    def get(self, name: str, kind: str) -> Any:
        """See `Sets`."""
        return self._client.record_sets.get(*self._place, name, kind)

    def put(self, name: str, record: RecordSet, owner: str, seen: Stored | None) -> Any:
        """See `Sets`."""
        condition = {"if_match": azure_records.etag(seen)} if seen else {"if_none_match": "*"}
        return self._client.record_sets.create_or_update(
            *self._place, name, record.type, self._body(record, owner, seen), **condition
        )

    def delete(self, name: str, kind: str, seen: Stored) -> None:
        """See `Sets`."""
        self._client.record_sets.delete(*self._place, name, kind, if_match=azure_records.etag(seen))


class PrivateSets(_Sets):
    """Azure Private DNS."""

    limits = AZURE_PRIVATE

    def _connect(self) -> Any:
        from azure.mgmt.privatedns import PrivateDnsManagementClient, models  # noqa: PLC0415  see `PublicSets`

        self.models = models
        return PrivateDnsManagementClient

    def pages(self) -> Pages:
        """A part is of 100 sets."""
        return Pages(self._client.record_sets.list(*self._place).by_page())

    def get(self, name: str, kind: str) -> Any:
        """See `Sets`."""
        return self._client.record_sets.get(*self._place, kind, name)

    def put(self, name: str, record: RecordSet, owner: str, seen: Stored | None) -> Any:
        """See `Sets`."""
        return self._client.record_sets.create_or_update(
            *self._place, record.type, name, self._body(record, owner, seen), **_condition(seen)
        )

    def delete(self, name: str, kind: str, seen: Stored) -> None:
        """See `Sets`."""
        self._client.record_sets.delete(*self._place, kind, name, **_condition(seen))


def _condition(seen: Stored | None) -> dict[str, Any]:
    if seen is None:
        return {"match_condition": MatchConditions.IfMissing}
    return {"etag": azure_records.etag(seen), "match_condition": MatchConditions.IfNotModified}
