"""The stand-in without sockets: a request in, a response out. Thread-safe."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from lab.azure import arm, control_requests, metadata
from lab.azure.access import Roles
from lab.azure.aks import issuers
from lab.azure.catalog import Catalog, catalog
from lab.azure.clock import Clock, SystemClock, timestamp
from lab.azure.entra import Entra
from lab.azure.faults import Faults, Rule
from lab.azure.http import ArmError, Document, DroppedError, Request, Response
from lab.azure.kinds import Caller, Context, Kind
from lab.azure.operations import Operations
from lab.azure.settings import CHANGEABLE, Settings
from lab.azure.store import Store
from lab.azure.throttle import Throttle
from lab.azure.tokens import Signer

_log = logging.getLogger("azure")


class Service:
    """A whole stand-in.

    Args:
        settings: None: the defaults, with new ids.
        clock: replaced in tests by `lab.azure.clock.ManualClock`.
        store: the inventory; None: in memory.
        kinds: None: all there are.
        directory: for the files of kinds, and the key that tokens are signed with; None: nothing is written.

    Attributes:
        context: what kinds see; tests and packages put their parts there.
        operator: the caller who owns the subscription; `handle(request, caller=service.operator)` needs no token.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        store: Store | None = None,
        kinds: Iterable[Kind] | None = None,
        directory: Path | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or SystemClock()
        self.store = store or Store()
        self.faults = Faults()
        self.operations = Operations(self.clock)
        self.throttle = Throttle(self.clock, self.settings.rates)
        self.roles = Roles(self.store, self.settings)
        known = Catalog(kinds) if kinds is not None else catalog()
        self.context = Context(
            store=self.store,
            clock=self.clock,
            settings=self.settings,
            access=self.roles,
            directory=directory,
            parts={"catalog": known, "operations": self.operations},
        )
        self.entra = Entra(self.context, Signer(self.clock, directory))
        self.operator = Caller(
            principal=self.settings.operator_id, application=self.settings.client_id, claims={}
        )
        self._arm = arm.Arm(
            context=self.context,
            catalog=known,
            roles=self.roles,
            throttle=self.throttle,
            operations=self.operations,
            faults=self.faults,
        )
        arm.settle_interrupted(self.context, known)

    def handle(self, request: Request, caller: Caller | None = None) -> Response:
        """Answer a request. Raises `DroppedError` where a fault ends the connection without an answer.

        Args:
            caller: who asks, for tests without tokens; None: the bearer token says it.
        """
        try:
            response = self._faulty(request, caller)
        except ArmError as refusal:
            response = Response.refusal(refusal)
        except DroppedError:
            raise
        except Exception as bug:  # noqa: BLE001 - one request's bug is that request's alone
            _log.exception("%s %s", request.method, request.path)
            response = Response.refusal(ArmError(500, "InternalServerError", f"{type(bug).__name__}: {bug}"))
        return replace(response, headers={**self._correlation(request), **response.headers})

    def configure(self, changes: Document) -> None:
        """Change settings while it runs; those that are not named stay. Raises `ArmError` (400)."""
        if unknown := sorted(changes.keys() - CHANGEABLE):
            raise ArmError(
                400, "InvalidSettings", f"{unknown[0]} is none of {', '.join(sorted(CHANGEABLE))}."
            )
        try:
            made = Settings.model_validate({**self.context.settings.model_dump(), **changes})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise ArmError(400, "InvalidSettings", f"{where}: {first['msg']}") from None
        self.context.settings = self.settings = made
        if "rates" in changes:
            self.throttle.replace(made.rates)

    def stop(self) -> None:
        """End all operations."""
        self.operations.stop()

    def _faulty(self, request: Request, caller: Caller | None) -> Response:
        if request.path.startswith("/standin/"):
            return control_requests.handle(self, request, caller)
        fault = self.faults.take(request)
        if fault is None:
            return self._route(request, caller, None)
        if fault.delay:
            self.clock.sleep(fault.delay)
        if fault.drop == "before":
            raise DroppedError
        if fault.status is not None:
            raise fault.error()
        response = self._route(request, caller, fault)
        if fault.drop == "after":
            raise DroppedError
        return response

    def _route(self, request: Request, caller: Caller | None, fault: Rule | None) -> Response:
        if request.path == "/metadata/endpoints":
            return metadata.endpoints(request)
        if (found := self.entra.handle(request)) is not None:
            return found
        if (found := issuers.answer(self.context, request)) is not None:
            return found
        return self._arm.handle(request, caller or self.entra.authenticate(request), fault)

    def _correlation(self, request: Request) -> dict[str, str]:
        """What ARM sends with each response."""
        own = str(uuid.uuid4())
        return {
            "x-ms-request-id": own,
            "x-ms-correlation-request-id": request.headers.get("x-ms-correlation-request-id", own),
            "x-ms-routing-request-id": f"STANDIN:{timestamp(self.clock.now())}:{own}",
            "Cache-Control": "no-cache",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
        }
