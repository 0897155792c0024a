"""P07: images of Kubernetes objects."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import (
    UNKNOWN,
    bad,
    deployment,
    good,
    kubernetes,
    secret,
    unknown,
)

SHA = f"sha256:{'0123456789abcdef' * 4}"
PAUSE = f"registry.k8s.io/pause:3.10@{SHA}"
FIRST = "spec.template.spec.containers[0].image"
ETCD = "etcd.database.coreos.com/v1beta2:EtcdCluster"
NO_DIGEST = "without a digest"
LATEST = "without a digest, whatever is the latest"
NO_TAG = "without a digest or a tag, which means the latest"


def pod(*images: Any, **more: Any) -> Resource:
    return deployment(*({"name": "c", "image": image} for image in images), **more)


def not_listed(name: str) -> str:
    return f"from {name}, which is not in the list of registries"


def runs(image: str, what: str, *, who: str = "Deployment apps/web", where: str = FIRST) -> str:
    return f"{who} runs {image!r} {what} ({where})"


CASES = [
    good("P07", "a digest and a registry of the list", pod(PAUSE)),
    good("P07", "a digest without a tag", pod(f"registry.k8s.io/pause@{SHA}")),
    good(
        "P07",
        "the other registries of the list",
        pod(
            *(f"{place}@{SHA}" for place in ("karmada/scheduler", "coredns/coredns", "mcr.microsoft.com/a/b"))
        ),
    ),
    good("P07", "Docker Hub by its old name", pod(f"index.docker.io/coredns/coredns@{SHA}")),
    good(
        "P07",
        "a list of one's own",
        pod(
            f"nginx@{SHA}",
            f"localhost/x@{SHA}",
            f"host:5000/a/x:1@{SHA}",
            f"docker.io/web@{SHA}",
            f"my.app@{SHA}",
        ),
        settings={
            "registries": [
                "docker.io/library/nginx",
                "localhost/*",
                "host:5000/a/x",
                "docker.io/library/web",
                "docker.io/library/my.app",
            ]
        },
    ),
    good("P07", "a container without an image", deployment({"name": "c"}), pod("")),
    bad(
        "P07", "a tag", pod("registry.k8s.io/pause:3.10"), says=runs("registry.k8s.io/pause:3.10", NO_DIGEST)
    ),
    bad(
        "P07",
        "the latest of somebody",
        pod("jkwong/keepalived-cloud-provider:latest"),
        says=[
            runs("jkwong/keepalived-cloud-provider:latest", LATEST),
            runs(
                "jkwong/keepalived-cloud-provider:latest",
                not_listed("docker.io/jkwong/keepalived-cloud-provider"),
            ),
        ],
    ),
    bad(
        "P07",
        "neither tag nor digest",
        pod("nginx"),
        says=[runs("nginx", NO_TAG), runs("nginx", not_listed("docker.io/library/nginx"))],
    ),
    bad(
        "P07",
        "a port is no tag",
        pod("host.example:5000/x"),
        says=[
            runs("host.example:5000/x", NO_TAG),
            runs("host.example:5000/x", not_listed("host.example:5000/x")),
        ],
    ),
    bad(
        "P07",
        "a directory is no registry",
        pod(f"registry/x@{SHA}"),
        says=runs(f"registry/x@{SHA}", not_listed("docker.io/registry/x")),
    ),
    *(
        bad("P07", title, pod(image), says=runs(image, NO_DIGEST))
        for title, image in (
            ("a digest that is too short", f"registry.k8s.io/pause:1@{SHA[:-1]}"),
            ("a digest that is too long", f"registry.k8s.io/pause:1@{SHA}0"),
            ("another hash", f"registry.k8s.io/pause:1@sha512:{'0' * 64}"),
        )
    ),
    bad(
        "P07",
        "further containers, and an image as a volume",
        deployment(
            {"image": PAUSE},
            kind="StatefulSet",
            initContainers=[{"image": "registry.k8s.io/a:1"}],
            ephemeralContainers=[{"image": "registry.k8s.io/b:1"}],
            volumes=[{"image": {"reference": "registry.k8s.io/c:1"}}, {"emptyDir": {}}],
        ),
        says=[
            runs(
                f"registry.k8s.io/{name}:1",
                NO_DIGEST,
                who="StatefulSet apps/web",
                where=f"spec.template.spec.{place}",
            )
            for name, place in (
                ("a", "initContainers[0].image"),
                ("b", "ephemeralContainers[0].image"),
                ("c", "volumes[0].image.reference"),
            )
        ],
    ),
    bad(
        "P07",
        "the members of an etcd of the operator",
        kubernetes(ETCD, "default/etcd", spec={"size": 1, "version": "3.1.8"}),
        says=[
            runs("quay.io/coreos/etcd:v3.1.8", NO_DIGEST, who="EtcdCluster default/etcd", where="spec"),
            runs(
                "quay.io/coreos/etcd:v3.1.8",
                not_listed("quay.io/coreos/etcd"),
                who="EtcdCluster default/etcd",
                where="spec",
            ),
        ],
    ),
    bad(
        "P07",
        "an etcd of the operator without a version",
        kubernetes(ETCD, "default/etcd", spec={"repository": "registry.k8s.io/etcd"}),
        says=runs("registry.k8s.io/etcd", NO_TAG, who="EtcdCluster default/etcd", where="spec"),
    ),
    bad(
        "P07",
        "an etcd of the operator as it comes",
        kubernetes(ETCD, "default/etcd"),
        says=runs("quay.io/coreos/etcd", NO_TAG, who="EtcdCluster default/etcd", where="spec"),
        settings={"registries": ["quay.io/*"]},
    ),
    bad(
        "P07",
        "a custom resource",
        kubernetes("my.example/v1:Web", "apps/web", spec={"parts": [{"image": "registry.k8s.io/a:1"}]}),
        says=runs("registry.k8s.io/a:1", NO_DIGEST, who="Web apps/web", where="spec.parts[0].image"),
    ),
    *(
        good("P07", f"a key of a {kind}", kubernetes(f"v1:{kind}", "apps/x", data={"image": "cat.png"}))
        for kind in ("ConfigMap", "Secret")
    ),
    bad(
        "P07",
        "what a Work carries, once",
        kubernetes(
            "work.karmada.io/v1alpha1:Work",
            "karmada-es-fc01/web",
            spec={"workload": {"manifests": [pod("registry.k8s.io/a:1").raw]}},
        ),
        says=runs(
            "registry.k8s.io/a:1",
            NO_DIGEST,
            where=f"spec.workload.manifests[0].{FIRST}",
        ),
    ),
    bad(
        "P07",
        "an image in a secret, which stays one",
        pod(secret("nginx")),
        says=[runs("[secret]", NO_TAG), runs("[secret]", not_listed("[secret]"))],
    ),
    *(
        bad(
            "P07",
            f"a {key} in a secret, which stays one",
            kubernetes(ETCD, "default/etcd", spec={"repository": "a.b/c", "version": "1", key: secret("1")}),
            says=[
                runs("[secret]", NO_DIGEST, who="EtcdCluster default/etcd", where="spec"),
                runs("[secret]", not_listed("[secret]"), who="EtcdCluster default/etcd", where="spec"),
            ],
        )
        for key in ("repository", "version")
    ),
    unknown(
        "P07",
        "what a state no longer tells",
        pod(secret("[secret]"), "[secret]"),
        paths=[FIRST, "spec.template.spec.containers[1].image"],
    ),
    unknown(
        "P07",
        "one image of two",
        pod(UNKNOWN, "registry.k8s.io/a:1"),
        paths=FIRST,
        says=runs("registry.k8s.io/a:1", NO_DIGEST, where="spec.template.spec.containers[1].image"),
    ),
]
