"""etcd's own users and roles for one zone: who may do what, made step by step, and made again where some are missing.

    root      everything; password         sets this up, and nothing else
    coredns   reads the zone's keys        CoreDNS; no password: its certificate's common name is its name
    writer    reads and writes them        the engine and the DNS controller; password

Passwords are for the JSON gateway, which takes no certificate for a user (etcd: "Authentication").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from federation.dns import skydns
from federation.dns.etcd import end_below
from federation.dns.etcd_client import EtcdClient, encode
from federation.errors import RejectedError, UnauthorizedError

ROOT, READER, WRITER = "root", "coredns", "writer"
Connect = Callable[[str | None, str | None], EtcdClient]
"""A client for a user and a password; for (None, None) one that is nobody."""


@dataclass(frozen=True, order=True)
class Permission:
    """What a role may do with keys from `key` up to `end`, or if that is empty with just that one; base64."""

    kind: str
    key: str
    end: str


@dataclass(frozen=True)
class Rights:
    """Users to their roles, and roles to what they may."""

    users: Mapping[str, frozenset[str]]
    roles: Mapping[str, frozenset[Permission]]


@dataclass(frozen=True)
class Passwords:
    """Of the users that have one.

    Attributes:
        root, writer: as they shall be.
        former_root: as root's was before.
    """

    root: str = field(repr=False)
    writer: str = field(repr=False)
    former_root: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Step:
    """One request to the gateway. Steps are in an order in which each finds what it needs."""

    path: str
    body: Mapping[str, Any] = field(repr=False)


def wanted(zone: str, prefix: str = skydns.PREFIX) -> Rights:
    """The rights for a zone: its own key, which CoreDNS reads for the zone's own name, and all keys below it."""
    path = skydns.path(zone, prefix)
    places = [(encode(path), ""), (encode(path + "/"), encode(end_below(path)))]
    return Rights(
        users={name: frozenset([name]) for name in (ROOT, READER, WRITER)},
        roles={
            ROOT: frozenset(),
            READER: frozenset(Permission("READ", *place) for place in places),
            WRITER: frozenset(Permission("READWRITE", *place) for place in places),
        },
    )


def steps(have: Rights, want: Rights, passwords: Passwords) -> tuple[Step, ...]:
    """What is missing, and what our roles may too much. Users and roles of others are left alone."""
    known = {ROOT: passwords.root, WRITER: passwords.writer}
    found = list[Step]()
    for role, permissions in want.roles.items():
        if role not in have.roles:
            found.append(Step("auth/role/add", {"name": role}))
        present = have.roles.get(role, frozenset())
        for each in sorted(present - permissions if role != ROOT else ()):
            body = {"role": role, "key": each.key, "range_end": each.end}
            found.append(Step("auth/role/revoke", body))
        for each in sorted(permissions - present):
            perm = {"permType": each.kind, "key": each.key, "range_end": each.end}
            found.append(Step("auth/role/grant", {"name": role, "perm": perm}))
    for user, roles in want.users.items():
        if user not in have.users:
            options = {"no_password": user not in known}
            new = {"name": user, "password": known.get(user, ""), "options": options}
            found.append(Step("auth/user/add", new))
        for role in sorted(roles - have.users.get(user, frozenset())):
            found.append(Step("auth/user/grant", {"user": user, "role": role}))
    return tuple(found)


def look(client: EtcdClient) -> Rights:
    """All users and roles; asked as root, or as anybody while users are off."""
    users, roles = (client.call(f"auth/{kind}/list", {}).get(f"{kind}s", []) for kind in ("user", "role"))
    return Rights(
        users={
            name: frozenset(client.call("auth/user/get", {"name": name}).get("roles", [])) for name in users
        },
        roles={name: _permissions(client.call("auth/role/get", {"role": name})) for name in roles},
    )


def ensure(connect: Connect, want: Rights, passwords: Passwords) -> None:
    """Make it so, and turn the users on, whatever an interrupted run has left behind.

    Raises `FederationError`: `UnauthorizedError` if users are on and root has another password.
    """
    with closing(_administrator(connect, passwords)) as client:
        have = look(client)
        for step in steps(have, want, passwords):
            client.call(step.path, step.body)
        for user, password in ((WRITER, passwords.writer), (ROOT, passwords.root)):
            if user in have.users and not accepted(connect, user, password):
                client.user_change_password(user, password)
        if not enabled(connect):
            client.auth_enable()


def missing(connect: Connect, want: Rights, passwords: Passwords) -> list[str]:
    """What `ensure` would do, in words; empty if all is as it should be. Changes nothing."""
    if not enabled(connect):
        return ["users are off"]
    with closing(connect(ROOT, passwords.root)) as client:
        found = [step.path for step in steps(look(client), want, passwords)]
    return found + ([] if accepted(connect, WRITER, passwords.writer) else [f"password of {WRITER}"])


def enabled(connect: Connect) -> bool:
    """Whether users are on: then nobody is told nothing, not even that."""
    with closing(connect(None, None)) as client:
        try:
            return bool(client.call("auth/status", {}).get("enabled", False))
        except UnauthorizedError:
            return True


def accepted(connect: Connect, user: str, password: str) -> bool:
    """Whether the user has this password; not to be told while users are off, and then no."""
    with closing(connect(None, None)) as client:
        try:
            client.call("auth/authenticate", {"name": user, "password": password})
        except (UnauthorizedError, RejectedError):
            return False
    return True


def _administrator(connect: Connect, passwords: Passwords) -> EtcdClient:
    if not enabled(connect):
        return connect(None, None)
    for password in (passwords.root, passwords.former_root):
        if password is not None and accepted(connect, ROOT, password):
            return connect(ROOT, password)
    raise UnauthorizedError(
        "etcd of the zone",
        "its users are on, and root has another password than this stack knows",
        "see the Secret etcd-users beside it for the password, or remove the namespace and run `pulumi up` again",
    )


def _permissions(answer: Mapping[str, Any]) -> frozenset[Permission]:
    """READ is the first kind and left out, and so is an empty end (protobuf's JSON mapping)."""
    found: Sequence[Mapping[str, str]] = answer.get("perm", ())
    return frozenset(
        Permission(each.get("permType", "READ"), each.get("key", ""), each.get("range_end", ""))
        for each in found
    )
