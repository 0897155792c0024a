"""Resource ids: `/subscriptions/<uuid>/resourceGroups/<name>/providers/<namespace>/<type>/<name>[/<type>/<name>]...`.

Ids compare without regard to case and keep the case they were first written in (ARM's rule).
"""

from __future__ import annotations

from dataclasses import dataclass

GROUPS = "Microsoft.Resources/resourceGroups"
SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"


@dataclass(frozen=True)
class ResourceId:
    """The id of a resource, or of a collection: then there is one name less than there are types.

    Attributes:
        scope: what stands before the last `/providers/`: a group, a subscription, or for an extension resource
            (lock, role assignment, ...) the resource it is about. For a group: its subscription. Empty: the tenant.
        namespace: such as `Microsoft.Network`.
        types: such as `("dnszones", "A")`, spelled as the caller did.
        names: such as `("example.com", "www")`.
    """

    scope: str
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def is_collection(self) -> bool:
        """Whether it is the id of a list of resources."""
        return len(self.types) > len(self.names)

    @property
    def type(self) -> str:
        """Such as `Microsoft.Network/dnszones/A`."""
        return "/".join((self.namespace, *self.types))

    @property
    def name(self) -> str:
        """The last name."""
        return self.names[-1] if self.names else ""

    @property
    def text(self) -> str:
        """The id as a path."""
        if self.type.lower() == SUBSCRIPTIONS.lower():
            head = ""
        elif self.type.lower() == GROUPS.lower():
            head = self.scope
        else:
            head = f"{self.scope}/providers/{self.namespace}"
        words = [word for i, type_ in enumerate(self.types) for word in (type_, *self.names[i : i + 1])]
        return "/".join((head, *words))

    @property
    def key(self) -> str:
        """What identifies it: the id in lower case."""
        return self.text.lower()

    @property
    def parent(self) -> ResourceId | None:
        """The resource this one is nested in, as a subnet is in its network; None for a top-level resource."""
        if len(self.types) < 2:
            return None
        return ResourceId(self.scope, self.namespace, self.types[:-1], self.names[: len(self.types) - 1])

    @property
    def subscription(self) -> str | None:
        """The subscription's UUID."""
        words = self.text.split("/")
        return words[2] if len(words) > 2 and words[1].lower() == "subscriptions" else None

    @property
    def group(self) -> str | None:
        """The resource group's name; for the id of a group itself, that group's."""
        words = self.text.split("/")
        return words[4] if len(words) > 4 and words[3].lower() == "resourcegroups" else None

    @property
    def group_id(self) -> str | None:
        """The id of its resource group."""
        return "/".join(self.text.split("/")[:5]) if self.group else None

    def child(self, type_: str, name: str) -> ResourceId:
        """A resource nested in this one: `zone.child("A", "www")`."""
        return ResourceId(self.scope, self.namespace, (*self.types, type_), (*self.names, name))

    def extension(self, type_: str, name: str) -> ResourceId:
        """An extension resource of this one: `zone.extension("Microsoft.Authorization/locks", "keep")`."""
        namespace, _, rest = type_.partition("/")
        return ResourceId(self.text, namespace, tuple(rest.split("/")), (name,))

    def within(self, scope: str) -> bool:
        """Whether `scope` is this id or one above it."""
        return covers(scope, self.text)


def covers(scope: str, text: str) -> bool:
    """Whether id `text` is `scope`, or lies under it. The empty scope is the tenant's root and covers all."""
    outer, inner = scope.lower().rstrip("/"), text.lower()
    return inner == outer or inner.startswith(f"{outer}/")


def parse(text: str) -> ResourceId | None:
    """The id that a path writes; None for a path that is none.

    The path of a POST action ends with the action's name: drop that first.
    """
    words = text.strip("/").split("/")
    if not all(words):
        return None
    marks = [i for i, word in enumerate(words) if word.lower() == "providers"]
    if marks:
        scope = "".join(f"/{word}" for word in words[: marks[-1]])
        return _provided(scope, words[marks[-1] + 1 :])
    if words[0].lower() != "subscriptions" or len(words) > 4:
        return None
    if len(words) <= 2:
        return ResourceId("", "Microsoft.Resources", ("subscriptions",), tuple(words[1:2]))
    if words[2].lower() != "resourcegroups":
        return None
    scope = f"/{words[0]}/{words[1]}"
    return ResourceId(scope, "Microsoft.Resources", ("resourceGroups",), tuple(words[3:4]))


def _provided(scope: str, words: list[str]) -> ResourceId | None:
    if len(words) < 2:
        return None
    return ResourceId(scope, words[0], tuple(words[1::2]), tuple(words[2::2]))


def resource(text: str) -> ResourceId:
    """The id of one resource. Raises `ValueError` for any other text."""
    found = parse(text)
    if found is None or found.is_collection:
        raise ValueError(f"{text!r} is no id of a resource")
    return found
