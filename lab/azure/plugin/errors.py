"""Failures of this plugin, each one line for the user: resource, ARM's code and message, next step."""

from __future__ import annotations

from lab.azure.plugin.values import Values
from lab.errors import LabError


class PluginError(LabError):
    """Something the user can act on."""


class TimeoutExpiredError(PluginError):
    """An operation has not ended within its deadline. It may still end."""


class PartialError(Exception):
    """A resource is there and is not as it should be: the engine notes it, and the next update goes on.

    Attributes:
        id: of the resource.
        outputs: as far as they are known.
        reason: for the user.
    """

    def __init__(self, id_: str, outputs: Values, reason: LabError) -> None:
        super().__init__(str(reason))
        self.id, self.outputs, self.reason = id_, outputs, reason


class ArmRefusalError(PluginError):
    """ARM said no.

    Attributes:
        status: of the response; 0 for a failed operation.
        code: such as `ResourceNotFound`.
    """

    def __init__(self, obj: str, status: int, code: str, message: str) -> None:
        text = " ".join(message.split()).rstrip(". ")
        super().__init__(obj, f"{code}: {text}" if text else code, next_step(status, code))
        self.status, self.code = status, code

    @property
    def is_gone(self) -> bool:
        """Whether it says that the resource, or what it was in, is not there."""
        return self.status == 404 and self.code != "SubscriptionNotFound"


_STEPS = {
    "AuthorizationFailed": "give the identity that the message names a role for this action, then run it again",
    "ExpiredAuthenticationToken": "log in anew and run it again",
    "InvalidAuthenticationToken": "log in anew and run it again",
    "LinkedAuthorizationFailed": "give the identity a role on the linked resource, too, then run it again",
    "ParentResourceNotFound": "run `pulumi refresh`, which notes what is gone, then `pulumi up`",
    "ResourceGroupNotFound": "run `pulumi refresh`, which notes what is gone, then `pulumi up`",
    "ResourceNotFound": "run `pulumi refresh`, which notes what is gone, then `pulumi up`",
    "ScopeLocked": "remove the lock that the message names if the resource shall go, then run it again",
    "PreconditionFailed": "run `pulumi refresh`, as somebody else has changed it, then `pulumi up`",
    "SubscriptionNotFound": "set ARM_SUBSCRIPTION_ID to a subscription of this tenant",
}


def next_step(status: int, code: str) -> str:
    """What a user can do about a code."""
    if code in _STEPS:
        return _STEPS[code]
    if "quota" in code.lower() or code == "SkuNotAvailable":
        return "ask for more quota, or choose another size, count or region"
    if status >= 500 or not status:
        return "run `pulumi up` again; it goes on with what is there"
    return "correct what the message names and run `pulumi up` again"
