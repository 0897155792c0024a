"""P07: images that dynamic resources, charts and commands name."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, dynamic, good, resource, secret, unknown
from tests.policy.cases.images import FIRST, NO_DIGEST, NO_TAG, PAUSE, SHA, not_listed, pod, runs


def chart(**values: Any) -> Resource:
    return resource("kubernetes:helm.sh/v4:Chart", chart="./web", values=values)


CASES = [
    bad(
        "P07",
        "a dynamic resource",
        dynamic("seed:Federation", image="xtoph/hyperkube-amd64:xtoph.azuredns.2", title="image"),
        says=[
            runs("xtoph/hyperkube-amd64:xtoph.azuredns.2", NO_DIGEST, who="it", where="image"),
            runs(
                "xtoph/hyperkube-amd64:xtoph.azuredns.2",
                not_listed("docker.io/xtoph/hyperkube-amd64"),
                who="it",
                where="image",
            ),
        ],
    ),
    bad(
        "P07",
        "a manifest in a dynamic resource, once, and what is beside it",
        dynamic(
            "my:Object", manifest=pod("registry.k8s.io/a:1").raw, manifests={"image": "registry.k8s.io/b:1"}
        ),
        says=[
            runs("registry.k8s.io/a:1", NO_DIGEST, where=f"manifest.{FIRST}"),
            runs("registry.k8s.io/b:1", NO_DIGEST, who="it", where="manifests.image"),
        ],
    ),
    good("P07", "another provider's resource", resource("my:index:Picture", image="cat.png")),
    good("P07", "a cluster's image", resource("kubernetes:yaml/v2:ConfigFile", values={"image": "x"})),
    bad(
        "P07",
        "an image of a command, by = or not, in quotes or not",
        resource(
            "command:local:Command",
            create=f"kubefed init --image=registry.k8s.io/a:1 --dns x\nkubectl run --image {PAUSE}",
            delete="kubectl run --image 'registry.k8s.io/b:1'",
        ),
        says=[
            runs("registry.k8s.io/a:1", NO_DIGEST, who="it", where="create"),
            runs("registry.k8s.io/b:1", NO_DIGEST, who="it", where="delete"),
        ],
    ),
    bad(
        "P07",
        "an image of a command in words",
        dynamic("my:Command", command=["kubectl", "run", '--image="registry.k8s.io/a:1"']),
        says=runs("registry.k8s.io/a:1", NO_DIGEST, who="it", where="command"),
    ),
    unknown(
        "P07",
        "a command, beside another",
        resource("command:local:Command", create=UNKNOWN, update="kubectl run --image=registry.k8s.io/a:1"),
        paths="create",
        says=runs("registry.k8s.io/a:1", NO_DIGEST, who="it", where="update"),
    ),
    bad(
        "P07",
        "values of a chart",
        chart(
            image="registry.k8s.io/a:1",
            web={"image": {"registry": "registry.k8s.io", "repository": "b", "tag": "1"}},
            db={"image": {"repository": "registry.k8s.io/c"}},
        ),
        says=[
            runs("registry.k8s.io/a:1", NO_DIGEST, who="it", where="values.image"),
            runs("registry.k8s.io/b:1", NO_DIGEST, who="it", where="values.web.image"),
            runs("registry.k8s.io/c", NO_TAG, who="it", where="values.db.image"),
        ],
    ),
    good(
        "P07",
        "values of a chart with a digest",
        chart(image={"registry": "registry.k8s.io", "repository": "b", "tag": "1", "digest": SHA}),
        chart(image={"repository": "registry.k8s.io/b", "digest": SHA}),
        chart(repository={"image": None}, tag="1"),
        settings={"registries": ["registry.k8s.io/b"]},
    ),
    bad(
        "P07",
        "images in secrets, which stay ones",
        chart(image={"repository": "registry.k8s.io/b", "tag": secret("1")}),
        resource("command:local:Command", create=secret("kubectl run --image=registry.k8s.io/a:1")),
        says=[
            runs("[secret]", NO_DIGEST, who="it", where="values.image"),
            runs("[secret]", NO_DIGEST, who="it", where="create"),
        ],
    ),
    unknown(
        "P07",
        "all of a workload, beside a command's",
        dynamic(
            "my:Command",
            manifests=[
                {"apiVersion": "apps/v1", "kind": "Deployment", "spec": UNKNOWN},
                pod("registry.k8s.io/a:1").raw,
            ],
            create="--image=registry.k8s.io/b:1",
        ),
        paths="manifests[0].spec",
        says=[
            runs("registry.k8s.io/a:1", NO_DIGEST, where=f"manifests[1].{FIRST}"),
            runs("registry.k8s.io/b:1", NO_DIGEST, who="it", where="create"),
        ],
    ),
]
