"""P07: images that an OverridePolicy changes."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, good, kubernetes, secret, unknown
from tests.policy.cases.images import ETCD, FIRST, NO_DIGEST, NO_TAG, SHA, runs

CHANGE = "spec.overrideRules[0].overriders.plaintext[0]"
OVERRIDER = "spec.overrideRules[0].overriders.imageOverrider"


def override(*changes: dict[str, str], kind: str = "OverridePolicy", name: str = "apps/mirror") -> Resource:
    return kubernetes(
        f"policy.karmada.io/v1alpha1:{kind}",
        name,
        spec={"overrideRules": [{"overriders": {"imageOverrider": [*changes]}}]},
    )


def plaintext(
    path: str, value: Any, *, kind: str = "OverridePolicy", selects: str = "apps/v1:Deployment"
) -> Resource:
    api, _, selected = selects.partition(":")
    change = {"operator": "replace", "path": path, "value": value}
    return kubernetes(
        f"policy.karmada.io/v1alpha1:{kind}",
        "apps/other",
        spec={
            "resourceSelectors": [{"apiVersion": api, "kind": selected, "namespace": "apps"}],
            "overrideRules": [{"overriders": {"plaintext": [change]}}],
        },
    )


def change(component: str, value: Any, operator: str = "replace") -> dict[str, Any]:
    return {"component": component, "operator": operator, "value": value}


CASES = [
    *(
        bad(
            "P07",
            f"what a {kind} puts in, once",
            plaintext("/spec/template/spec/containers/0", {"image": "registry.k8s.io/a:1"}, kind=kind),
            says=runs(
                "registry.k8s.io/a:1", NO_DIGEST, who="Deployment apps/other", where=f"{CHANGE}.{FIRST}"
            ),
        )
        for kind in ("OverridePolicy", "ClusterOverridePolicy")
    ),
    *(
        bad(
            "P07",
            f"the {key} of an etcd of the operator",
            plaintext(f"/spec/{key}", value, selects=ETCD),
            says=runs(image, what, who="EtcdCluster apps/other", where=f"{CHANGE}.spec"),
            settings={"registries": ["quay.io/*"]},
        )
        for key, value, image, what in (
            ("version", "3.1.8", "quay.io/coreos/etcd:v3.1.8", NO_DIGEST),
            ("repository", "quay.io/x/etcd", "quay.io/x/etcd", NO_TAG),
        )
    ),
    good(
        "P07", "an OverridePolicy that leaves the image of an etcd", plaintext("/spec/size", 3, selects=ETCD)
    ),
    *(
        bad(
            "P07",
            f"an override that {title}",
            override(*changes),
            says=[f"OverridePolicy apps/mirror {text} ({OVERRIDER}[{place}])" for text, place in says],
        )
        for title, changes, says in (
            (
                "sets a tag",
                [change("Tag", SHA), change("Tag", "1.2", "add")],
                [("gives images the tag '1.2' in place of a digest", 1)],
            ),
            (
                "sets a digest that is too long",
                [change("Tag", f"{SHA}0")],
                [(f"gives images the tag '{SHA}0' in place of a digest", 0)],
            ),
            (
                "sets an empty registry",
                [change("Registry", ""), change("Repository", "x/y")],
                [("takes images from '', which is not in the list", 0)],
            ),
            (
                "removes the digest",
                [change("Tag", SHA, "remove")],
                [("gives images the tag '' in place of a digest", 0)],
            ),
            (
                "sets a registry",
                [change("Registry", "mirror.example")],
                [("takes images from 'mirror.example', which is not in the list", 0)],
            ),
            (
                "sets a repository, beside its registry",
                [change("Repository", "jkwong/x"), change("Registry", "docker.io")],
                [("takes the image 'jkwong/x', which is not in the list", 0)],
            ),
        )
    ),
    *(
        good("P07", f"an override that {title}", override(*changes))
        for title, changes in (
            ("sets a digest", [change("Tag", SHA)]),
            ("sets a registry of the list", [change("Registry", "docker.io")]),
            ("removes the registry", [change("Registry", "mirror.example", "remove")]),
            ("removes the repository", [change("Repository", "x/y", "remove")]),
            ("sets a repository of any registry", [change("Repository", "x/y")]),
            ("sets nothing known", [change("Other", "x")]),
            (
                "sets a repository of a registry beside it",
                [change("Registry", "docker.io"), change("Repository", "karmada/x")],
            ),
            (
                "sets a repository of the registry that is left",
                [change("Registry", "mirror.example", "remove"), change("Repository", "karmada/x")],
            ),
        )
    ),
    bad(
        "P07",
        "an override for all namespaces, with a list of one's own",
        override(
            change("Registry", "docker.io", "remove"),
            change("Repository", "a/b"),
            kind="ClusterOverridePolicy",
            name="mirror",
        ),
        says=[
            f"ClusterOverridePolicy mirror takes images from 'docker.io', which is not in the list ({OVERRIDER}[0])",
            f"ClusterOverridePolicy mirror takes the image 'a/b', which is not in the list ({OVERRIDER}[1])",
        ],
        settings={"registries": ["a.example/x/*"]},
    ),
    good(
        "P07",
        "an override that removes a repository, with a list of one's own",
        override(change("Repository", "x/y", "remove")),
        settings={"registries": ["a.example/x/*"]},
    ),
    bad(
        "P07",
        "an override with a secret, which stays one",
        override(change("Tag", secret("1.2"))),
        says=f"OverridePolicy apps/mirror gives images the tag '[secret]' in place of a digest ({OVERRIDER}[0])",
    ),
    good(
        "P07",
        "the same changes elsewhere",
        kubernetes("my.example/v1:Policy", spec=override(change("Tag", "1")).raw["spec"]),
    ),
    unknown(
        "P07",
        "one change of an override",
        override(change("Tag", UNKNOWN), change("Tag", "1")),
        paths=f"{OVERRIDER}[0].value",
        says=f"OverridePolicy apps/mirror gives images the tag '1' in place of a digest ({OVERRIDER}[1])",
    ),
]
