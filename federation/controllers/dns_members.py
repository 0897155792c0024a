"""What the API servers answer that names depend on: each is probed, and while it answers, its objects are mirrored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from federation.controllers.mirror import Mirror
from federation.controllers.process import Process
from federation.dns import observed
from federation.dns.live import SLICES
from federation.dns.readiness import Pulse, heard
from federation.dns.view import Backends
from federation.errors import FederationError, UnreachableError
from federation.kube import REQUEST_SECONDS, Kube
from federation.kubeconfig import Access

Client = Callable[[Access, str, float], Kube]
"""Makes a client from the way to an API server, its name, and seconds for each request."""


@dataclass(frozen=True)
class Timing:
    """Seconds.

    Attributes:
        period: from one probe to the next.
        timeout: of a probe. One that was cut off is down after `period` + 2 * `timeout`.
        stale: for how long objects still count that cannot be read anew, though the server answers probes.
        settle: how long a new member may take until nothing known of it is bad news.
    """

    period: float = 2.0
    timeout: float = 2.0
    stale: float = 30.0
    settle: float = 10.0


@dataclass(frozen=True)
class Context:
    """What all members have in common.

    Attributes:
        process: whose `stop` ends everything.
        changed: set when there is news.
        client: makes clients.
        timing: of the probes.
    """

    process: Process
    changed: threading.Event
    client: Client = lambda reach, name, timeout: Kube(reach, name, timeout=timeout)
    timing: Timing = Timing()


class Fresh:
    """Tells whether mirrors show the present: a watch that breaks and comes back at once is no reason to worry."""

    def __init__(self, *mirrors: Mirror[Any], stale: float) -> None:
        self._mirrors, self._stale = mirrors, stale
        self._seen: float | None = None

    @property
    def known(self) -> bool:
        """Whether they were all up to date at once."""
        return self._seen is not None

    def problem(self) -> str | None:
        """Why they do not; None if they do, or did a moment ago."""
        now = time.monotonic()
        problem = next((m.problem for m in self._mirrors if m.problem), None)
        if problem is None:
            self._seen = now
        elif self._seen is not None and now - self._seen <= self._stale:
            return None
        return problem


class Probe:
    """Asks one API server again and again, in a thread, whether it is ready.

    Args:
        kube: the server; its timeout is the probe's.
        turned: called in that thread when the verdict changes, with the new one.
        timing: of the probes.
    """

    def __init__(self, kube: Kube, *, turned: Callable[[bool], None], timing: Timing) -> None:
        self._kube, self._turned, self._timing = kube, turned, timing
        self._pulse = Pulse()
        self.reason = "it has not answered yet"
        """Why the last probe that failed did."""

    @property
    def up(self) -> bool | None:
        """The verdict; None before there is one."""
        return self._pulse.up

    def start(self, stop: threading.Event) -> None:
        """Go on until `stop` is set. To be called once."""
        threading.Thread(target=self._run, args=(stop,), name=f"probe {self._kube.name}", daemon=True).start()

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            began = time.monotonic()
            answered = self._ask()
            before, self._pulse = self._pulse, heard(self._pulse, answered, time.monotonic())
            if self._pulse.up is not None and self._pulse.up != before.up:
                self._turned(self._pulse.up)
            stop.wait(max(0.0, self._timing.period - (time.monotonic() - began)))

    def _ask(self) -> bool:
        """A server that refuses us answers all the same; what it refuses is told by who needs it."""
        try:
            reason = self._kube.ready()
        except FederationError as error:
            reason = error.cause if isinstance(error, UnreachableError) else None
        self.reason = reason or self.reason
        return reason is None


class Watched:
    """One member. While it is up its EndpointSlices are mirrored, from a new list each time it comes up again.

    Args:
        name: of the member.
        reach: the way to it.
        context: of all members.
        before: what to tell until there is something to tell.
    """

    def __init__(
        self, name: str, reach: Access, context: Context, *, before: Backends | str | None = None
    ) -> None:
        self.reach = reach
        self._context, self._before = context, before
        self._kube = context.client(reach, f"member {name}", REQUEST_SECONDS)
        self._born, self._closed = time.monotonic(), threading.Event()
        self._mirror: Mirror[observed.Slice] | None = None
        self._fresh: Fresh | None = None
        self._mirrored = threading.Event()  # set to stop the mirror
        probed = context.client(reach, f"member {name}", context.timing.timeout)
        self._probe = Probe(probed, turned=self._turned, timing=context.timing)
        self._probe.start(self._closed)

    def close(self) -> None:
        """Ask no more."""
        self._closed.set()
        self._mirrored.set()

    @property
    def settled(self) -> bool:
        """Whether enough is known to judge it, or has not become known for too long."""
        return (
            self._probe.up is False
            or (self._fresh is not None and self._fresh.problem() is None)
            or time.monotonic() - self._born > self._context.timing.settle
        )

    def verdict(self) -> Backends | str:
        """Its ready backends, or why it is not ready."""
        if self._before is not None and not self.settled:
            return self._before
        mirror, fresh = self._mirror, self._fresh
        if not self._probe.up or mirror is None or fresh is None:
            return self._probe.reason
        if problem := fresh.problem():
            return problem.removeprefix(f"{self._kube.name}: ")
        return observed.ready_backends(mirror.items().values())

    def _turned(self, up: bool) -> None:
        self._mirrored.set()
        if up:
            self._mirrored = threading.Event()
            mirror = Mirror(lambda: self._kube, SLICES, observed.endpoints, changed=self._context.changed)
            fresh = Fresh(mirror, stale=self._context.timing.stale)
            mirror.start(replace(self._context.process, stop=self._mirrored))
            self._mirror, self._fresh = mirror, fresh
        else:
            self._mirror = self._fresh = None
        self._context.changed.set()


class Members:
    """All members that can be watched."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._watched: dict[str, Watched] = {}

    def follow(self, ways: Mapping[str, Access]) -> None:
        """Watch these members, by name, and no others. One whose way has changed keeps its verdict for a moment."""
        for name in self._watched.keys() - ways.keys():
            self._watched.pop(name).close()
        for name, reach in ways.items():
            old = self._watched.get(name)
            if old is not None and old.reach == reach:
                continue
            before = old.verdict() if old else None
            self._watched[name] = Watched(name, reach, self._context, before=before)
            if old:
                old.close()

    def close(self) -> None:
        """Watch none."""
        self.follow({})

    def unsettled(self) -> list[str]:
        """Names of those that cannot be judged yet."""
        return sorted(name for name, watched in self._watched.items() if not watched.settled)

    def verdicts(self) -> dict[str, Backends | str]:
        """Ready backends by member, or why it is not ready."""
        return {name: watched.verdict() for name, watched in self._watched.items()}
