"""How many replicas each cluster is given: the division that kubefed v1 made, replica for replica.

The rules are those of `pkg/federation-controller/util/planner/planner.go` in kubernetes-retired/federation, with its
ties and its rounding; docs/placement.md tells them in words. Nothing here asks a cluster: what runs and what fits is
part of the question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

from federation.errors import FederationError

EVERY_OTHER = "*"
"""The name in preferences that stands for all clusters without preferences of their own."""

Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""An int64, as in the API of v1."""


class PlacementError(FederationError):
    """A question, or preferences in it, cannot be understood."""


class _Model(BaseModel):
    """JSON as v1 wrote it: camelCase, `null` is the same as left out. An unknown key is a mistake, not a comment."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {key: value for key, value in data.items() if value is not None}
        return data


class ClusterPreference(_Model):
    """What one cluster is given (v1: ClusterPreferences). Weight 0: its minimum and no more."""

    min_replicas: Count = 0
    max_replicas: Count | None = None
    weight: Count = 0


class Preferences(_Model):
    """How replicas divide (v1: ReplicaSetPreferences).

    Attributes:
        rebalance: whether replicas that run may be moved for the sake of the weights.
        clusters: by name, or "*"; a cluster that neither names gets no replica.
    """

    rebalance: bool = False
    clusters: dict[str, ClusterPreference] = {}


EVENLY = Preferences(clusters={EVERY_OTHER: ClusterPreference(weight=1)})
"""What v1 took when nobody had said anything."""


class Request(_Model):
    """One workload to divide.

    Attributes:
        key: "namespace/name"; decides between clusters of equal weight, so that not all workloads prefer the same.
        replicas: how many are wished for.
        clusters: names of the clusters that are Ready; their order does not matter.
        current: how many run in each cluster, as far as known.
        capacity: how many fit into each cluster, as far as known.
    """

    key: str = ""
    replicas: Count
    clusters: Annotated[tuple[str, ...], Field(strict=False)]  # JSON has arrays only
    preferences: Preferences = EVENLY
    current: dict[str, Count] = {}
    capacity: dict[str, Count] = {}

    @field_validator("clusters")
    @classmethod
    def _each_once(cls, clusters: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted(name for name, times in Counter(clusters).items() if times > 1)
        if twice:
            raise ValueError(f"named more than once: {', '.join(twice)}")
        return clusters


class Division(_Model):
    """What each cluster is given.

    Attributes:
        replicas: for every cluster of the request, also where it is 0.
        overflow: what a full cluster would have been given beyond its capacity; v1 created that too, in the hope
            that room is made. Only clusters where it is not 0.
    """

    replicas: dict[str, int]
    overflow: dict[str, int]


def divide(request: Request) -> Division:
    """Divide the replicas as v1's planner did. The same request gives the same division, always and everywhere."""
    return _Planner(request).division()


def eligible(request: Request) -> tuple[str, ...]:
    """The clusters to which the preferences would give a replica if there were enough of them, by name."""
    wishes = _Planner(request).wishes
    return tuple(sorted(n for n, w in wishes.items() if (w.weight or w.min_replicas) and w.max_replicas != 0))


_Some = TypeVar("_Some", bound=_Model)


def parse_request(text: str | bytes, source: str = "request") -> Request:
    """A request out of JSON. Raises `PlacementError`, which begins with `source` and lists every mistake."""
    return _parse(Request, text, source, "see `fedctl placement --help` for the form of a request")


def parse_preferences(text: str | bytes, source: str) -> Preferences:
    """Preferences out of the JSON of an annotation. Raises `PlacementError` as `parse_request` does."""
    fix = 'write it such as {"clusters": {"*": {"weight": 1}}}'
    return _parse(Preferences, text, source, fix)


def _parse(model: type[_Some], text: str | bytes, source: str, fix: str) -> _Some:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        mistakes = [
            _mistake(e["loc"], e["msg"]) for e in error.errors(include_url=False, include_context=False)
        ]
        raise PlacementError(source, "; ".join(mistakes), fix) from None


def _mistake(place: tuple[int | str, ...], message: str) -> str:
    """One line, although a key of the user's may hold a line break."""
    said = message.removeprefix("Value error, ").replace("Extra inputs are not permitted", "unknown key")
    where = ".".join(map(str, place))
    return " ".join((f"{where}: {said}" if where else said).split())


def fnv32(text: str) -> int:
    """FNV-1 of 32 bits over UTF-8 (draft-eastlake-fnv): multiplies first. Go's `fnv.New32`, which v1 used."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value * 0x01000193 & 0xFFFFFFFF) ^ byte
    return value


class _Planner:
    """The account of one division: who has what, and how many are left to give."""

    def __init__(self, request: Request) -> None:
        self.request = request
        wishes = request.preferences.clusters
        other = wishes.get(EVERY_OTHER)
        self.wishes = {
            name: wish for name in request.clusters if (wish := wishes.get(name, other)) is not None
        }
        self.left = request.replicas
        self.given = dict.fromkeys(sorted(request.clusters), 0)
        self.kept: dict[str, int] = {}
        self.overflow: dict[str, int] = {}

    def division(self) -> Division:
        order = sorted(self.wishes, key=self._rank)
        for name in order:
            self._give_minimum(name)
        if not self.request.preferences.rebalance:
            for name in order:
                self._keep(name)
        while order and self.left > 0:
            order = self._spread(order)
        return Division(replicas=self.given, overflow=self._overflow())

    def _rank(self, name: str) -> tuple[int, int, str]:
        """Heavier first; equals by a hash, or one cluster would get the odd replica of every workload."""
        return -self.wishes[name].weight, fnv32(name + self.request.key), name

    def _room(self, name: str) -> int:
        return self.request.capacity.get(name, self.left + self.given[name])

    def _give_minimum(self, name: str) -> None:
        minimum = min(self.wishes[name].min_replicas, self.left, self._room(name))
        self.given[name] = minimum
        self.left -= minimum

    def _keep(self, name: str) -> None:
        """What runs already stays, as far as it may; it counts against the cluster's share later."""
        running = min(self.request.current.get(name, 0), self._room(name))
        limit = self.wishes[name].max_replicas
        target = running if limit is None else min(running, limit)
        extra = max(0, min(target - self.given[name], self.left))
        self.kept[name] = extra
        self.given[name] += extra
        self.left -= extra

    def _spread(self, order: list[str]) -> list[str]:
        """One round: to each its share of what is left, rounded up. Returns who takes part in the next round."""
        total_weight = sum(self.wishes[name].weight for name in order)
        if total_weight == 0:
            return []
        pot, changed, able = self.left, False, []
        for name in order:
            before = self.given[name]
            share = min(-(-pot * self.wishes[name].weight // total_weight), self.left)
            settled = min(share, self.kept.get(name, 0))
            self.kept[name] = self.kept.get(name, 0) - settled
            after = self._limited(name, before + share - settled)
            if after == before + share - settled:
                able.append(name)
            self.given[name] = after
            self.left -= after - before
            changed = changed or settled > 0 or after > before
        return able if changed else []

    def _limited(self, name: str, wanted: int) -> int:
        """At most the maximum and the capacity; what exceeds the latter is overflow."""
        limit, capacity = self.wishes[name].max_replicas, self.request.capacity.get(name)
        allowed = wanted if limit is None else min(wanted, limit)
        if capacity is not None and allowed > capacity:
            self.overflow[name] = allowed - capacity
            return capacity
        return allowed

    def _overflow(self) -> dict[str, int]:
        """Without `rebalance` an overflow is only for replicas that found no place anywhere."""
        most = self.request.replicas if self.request.preferences.rebalance else self.left
        trimmed = {name: min(count, most) for name, count in sorted(self.overflow.items())}
        return {name: count for name, count in trimmed.items() if count > 0}
