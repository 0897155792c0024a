"""Create, read, update and delete a resource, so that a run that was killed can be run again.

- A create adopts what a killed or failed one left behind: what is there and agrees with the inputs, or has failed. What
  is there and is different belongs to somebody else, and is refused. (The real plugin refuses both.)
- A write that was accepted and does not end well is a `PartialError`: the engine notes the resource.
- An update that sends back what it has read (children, where the program names none) has a precondition.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.azure.http import Document
from lab.azure.plugin import properties
from lab.azure.plugin.adopt import agrees
from lab.azure.plugin.arm import Arm, etag_of, state
from lab.azure.plugin.errors import ArmRefusalError, PartialError, PluginError, TimeoutExpiredError
from lab.azure.plugin.types import ResourceType
from lab.azure.plugin.values import Values
from lab.deadline import Deadline
from lab.errors import LabError

_CHANGED_MEANWHILE = 412


@dataclass(frozen=True)
class Resources:
    """All resources of one subscription."""

    arm: Arm
    subscription: str

    def create(self, type_: ResourceType, inputs: Values, deadline: Deadline) -> tuple[str, Values]:
        """Make a resource, or adopt it. Returns id and outputs; raises `LabError` or `PartialError`."""
        id_ = properties.path(type_, inputs, self.subscription)
        subject = _subject(type_, id_)
        live = self.arm.get(id_, type_.version, subject, deadline)
        if live is not None:
            live = self._settled(type_, id_, inputs, live, deadline)
        if live is not None and state(live) == "succeeded":
            if not agrees(type_, inputs, live):
                raise PluginError(
                    subject,
                    "there is such a resource already, and it is not as this one shall be",
                    f"give another name, or take it over with `pulumi import {type_.name} NAME {id_}`",
                )
            return _id(live, id_), properties.outputs(type_, live)
        return self._put(type_, id_, inputs, properties.body(type_, inputs), deadline)

    def read(self, type_: ResourceType, id_: str, deadline: Deadline) -> Values | None:
        """The outputs as they are; None when there is no such resource."""
        document = self.arm.get(id_, type_.version, _subject(type_, id_), deadline)
        return None if document is None else properties.outputs(type_, document)

    def update(self, type_: ResourceType, id_: str, inputs: Values, deadline: Deadline) -> Values:
        """Change a resource in place, and return its outputs; raises `LabError` or `PartialError`."""
        subject = _subject(type_, id_)
        while True:
            body, etag = properties.body(type_, inputs), ""
            if type_.etag or type_.maintained:
                live = self.arm.settled(id_, type_.version, subject, deadline)
                etag = etag_of(live or {}, type_.etag)
                _keep_children(type_, body, live or {})
            try:
                return self._put(type_, id_, inputs, body, deadline, etag=etag)[1]
            except ArmRefusalError as refusal:
                if refusal.status != _CHANGED_MEANWHILE or not etag or not deadline.left:
                    raise
            self.arm.session.wait(min(0.2, deadline.left), subject)

    def delete(self, type_: ResourceType, id_: str, deadline: Deadline) -> None:
        """Delete a resource; one that is gone is deleted."""
        self.arm.delete(id_, type_.version, _subject(type_, id_), deadline)

    def _settled(
        self, type_: ResourceType, id_: str, inputs: Values, live: Document, deadline: Deadline
    ) -> Document | None:
        """Wait for what is on its way with a resource that was not expected to be there."""
        try:
            return self.arm.settled(id_, type_.version, _subject(type_, id_), deadline)
        except TimeoutExpiredError as late:
            if state(live) != "deleting" and agrees(type_, inputs, live):
                raise PartialError(_id(live, id_), properties.outputs(type_, live), late) from None
            raise

    def _put(
        self,
        type_: ResourceType,
        id_: str,
        inputs: Values,
        body: Document,
        deadline: Deadline,
        *,
        etag: str = "",
    ) -> tuple[str, Values]:
        subject = _subject(type_, id_)
        answer = self.arm.start_put(id_, type_.version, body, subject, deadline, etag=etag)
        id_ = _id(answer.document, id_)
        try:
            self.arm.finish(answer, subject, deadline)
            live = self.arm.settled(id_, type_.version, subject, deadline)
            if live is None:
                raise ArmRefusalError(
                    subject, 404, "ResourceNotFound", "it was deleted while it was being made"
                )
            if state(live) != "succeeded":
                raise ArmRefusalError(
                    subject, 0, "ProvisioningFailed", f"its provisioningState is {state(live)}"
                )
        except LabError as failure:
            outputs = self._last_known(type_, id_, inputs)
            if outputs is None:
                raise  # nothing is there, so there is nothing to note
            raise PartialError(id_, outputs, failure) from None
        return id_, properties.outputs(type_, live)

    def _last_known(self, type_: ResourceType, id_: str, inputs: Values) -> Values | None:
        """Outputs of a resource in trouble; of the inputs what can't be read; None if it is certain that it is gone."""
        try:
            document = self.arm.session.send(
                "GET", f"{id_}?api-version={type_.version}", _subject(type_, id_), Deadline(15)
            ).document
        except ArmRefusalError as refusal:
            if refusal.is_gone:
                return None
        except LabError:
            pass
        else:
            return properties.outputs(type_, document)
        return {k: v for k, v in inputs.items() if not properties.is_own(type_, k)}


def _keep_children(type_: ResourceType, body: Document, live: Document) -> None:
    """Put into a body the lists of children that it does not mention, as they are: a PUT would remove them."""
    inner = live.get("properties") or {}
    for name in type_.maintained:
        if name in inner and name not in body.get("properties", {}):
            body.setdefault("properties", {})[name] = inner[name]


def _id(document: Document, otherwise: str) -> str:
    found = document.get("id")
    return found if isinstance(found, str) and found else otherwise


def _subject(type_: ResourceType, id_: str) -> str:
    """What messages are about: `dns:Zone example.com`."""
    values = type_.parse(id_) or {}
    return f"{type_.noun} {values.get(type_.name_parameter, id_)}"
