"""`/standin/...`: what tests and `lab azure` ask of the stand-in itself. No real cloud has these paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.azure.http import ArmError, Request, Response
from lab.azure.kinds import Caller
from lab.azure.settings import CHANGEABLE

if TYPE_CHECKING:
    from lab.azure.service import Service


def handle(service: Service, request: Request, caller: Caller | None) -> Response:
    """`GET /standin/health` is for anybody; all else is the operator's alone. Raises `ArmError`."""
    if request.path == "/standin/health":
        return Response.of(200, {"status": "up"})
    asker = caller or service.entra.authenticate(request)
    if asker.principal != service.settings.operator_id:
        raise ArmError(403, "AuthorizationFailed", "Only the operator may ask this of the stand-in.")
    match request.method, request.path:
        case "GET", "/standin/inventory":
            found = [
                {"id": e.id, "type": e.type, "state": e.properties.get("provisioningState")}
                for e in service.store.all()
            ]
            return Response.of(200, {"value": found})
        case "GET", "/standin/faults":
            return Response.of(200, {"value": service.faults.report()})
        case "POST", "/standin/faults":
            return Response.of(200, {"rules": service.faults.replace(request.body)})
        case "POST", "/standin/settings":
            service.configure(request.json())
            return Response.of(200, service.settings.model_dump(include=set(CHANGEABLE)))
        case _:
            raise ArmError(404, "NotFound", f"The stand-in has no {request.method} {request.path}.")
