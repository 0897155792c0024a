"""The lab's images: what each holds, and the names users and manifests know it by. Data and look-up only.

Contents follow the public image of the same name where something depends on it: paths, entry point, user.
Some have no public counterpart, so no registry is ever asked for them: `debug`, `federation-controllers`, which is this
project's own, and `keepalived`, whose public images each have conventions of their own for the configuration.
`docker.io/library/busybox:1.36` and the tags of nginx are names that manifests use; the version they hold
says the label `org.opencontainers.image.version`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from lab.errors import NotFoundError
from lab.images import content
from lab.images.layer import Capability, Entry
from lab.images.oci import Config
from lab.images.python import SITE, project_version, requirements
from lab.images.reference import parse
from lab.tools.catalog import COREDNS, ETCD, KARMADA, KUBERNETES, LOCAL_PATH

VERSION = project_version()
GROUPS = ("core", "workload", "federation", "edge")
PAUSE = "pause"
"""The one program that is not a tool: it is compiled from `pause.c`."""


class Base(Enum):
    """Layers that images share, lowest first."""

    USERS = "users"
    """Accounts and /tmp: all that a static program needs; part of DEBIAN too."""
    DEBIAN = "debian"
    """The C library and busybox with a link for each of its commands."""
    CERTIFICATES = "certificates"
    """The certificate authorities that browsers trust."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A built tool in an image."""

    tool: str
    path: str
    capability: Capability | None = None
    optional: bool = False
    """Left out where the tool is not installed."""


@dataclass(frozen=True, kw_only=True)
class ImageSpec:
    """One image.

    Attributes:
        name: what `lab load` takes.
        references: the full names, the usual one first.
        bases: shared layers.
        packages: Debian packages with what they depend on.
        without: packages that are left out although something depends on them.
        files: what is written by us, over everything else.
        versioned: package whose version becomes one more tag of the first reference, and the version label.
        public: a registry has an image of this name.
        python: Python distributions with what they need, as this interpreter has them.
        sources: Python packages of this project.
    """

    name: str
    group: str
    references: tuple[str, ...]
    config: Config
    bases: tuple[Base, ...] = ()
    packages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    programs: tuple[Program, ...] = ()
    files: tuple[Entry, ...] = ()
    versioned: str | None = None
    public: bool = True
    python: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def _kubernetes(program: str) -> ImageSpec:
    path = f"usr/local/bin/{program}"
    return ImageSpec(
        name=program,
        group="federation",
        references=(f"registry.k8s.io/{program}:{KUBERNETES}",),
        config=Config(cmd=(program,)),
        bases=(Base.USERS, Base.CERTIFICATES),
        programs=(Program(tool=program, path=path),),
    )


def _karmada(component: str) -> ImageSpec:
    program = f"karmada-{component}"
    # No entry point, as upstream: every manifest of Karmada names /bin/karmada-… itself.
    return ImageSpec(
        name=program,
        group="federation",
        references=(f"docker.io/karmada/{program}:{KARMADA}",),
        config=Config(cmd=(f"/bin/{program}",)),
        bases=(Base.DEBIAN, Base.CERTIFICATES),
        programs=(Program(tool=program, path=f"usr/bin/{program}"),),
    )


IMAGES: tuple[ImageSpec, ...] = (
    ImageSpec(
        name="pause",
        group="core",
        references=("registry.k8s.io/pause:3.10",),
        config=Config(entrypoint=("/pause",), user="65535:65535"),
        programs=(Program(tool=PAUSE, path="pause"),),
    ),
    ImageSpec(
        name="coredns",
        group="core",
        references=(
            f"docker.io/coredns/coredns:{COREDNS.removeprefix('v')}",
            f"registry.k8s.io/coredns/coredns:{COREDNS}",
        ),
        config=Config(entrypoint=("/coredns",), user="65532:65532", ports=("53/tcp", "53/udp")),
        bases=(Base.USERS, Base.CERTIFICATES),
        # By number: the kubelet cannot tell whether a name is root (runAsNonRoot).
        # Not root, yet on port 53: the container is given the capability, the file lets the program keep it.
        programs=(Program(tool="coredns", path="coredns", capability=Capability.NET_BIND_SERVICE),),
    ),
    ImageSpec(
        name="local-path-provisioner",
        group="core",
        references=(f"docker.io/rancher/local-path-provisioner:{LOCAL_PATH}",),
        config=Config(cmd=("local-path-provisioner",)),
        bases=(Base.DEBIAN, Base.CERTIFICATES),
        programs=(Program(tool="local-path-provisioner", path="usr/bin/local-path-provisioner"),),
    ),
    ImageSpec(
        name="busybox",
        group="core",
        references=(
            "docker.io/library/busybox:1.36",
            "docker.io/library/busybox:stable",
            "docker.io/library/busybox:latest",
        ),
        config=Config(cmd=("sh",)),
        bases=(Base.DEBIAN,),
        versioned="busybox",
    ),
    ImageSpec(
        name="nginx",
        group="workload",
        references=("docker.io/library/nginx:stable", "docker.io/library/nginx:latest"),
        config=Config(cmd=("nginx", "-g", "daemon off;"), ports=("80/tcp",), stop_signal="SIGQUIT"),
        bases=(Base.DEBIAN,),
        packages=("nginx",),
        without=("iproute2",),  # only Debian's start script calls it
        files=content.NGINX,
        versioned="nginx",
    ),
    ImageSpec(
        name="debug",
        group="workload",
        references=("docker.io/k8s-federation/debug:1",),
        config=Config(cmd=("bash",)),
        bases=(Base.DEBIAN, Base.CERTIFICATES),
        packages=("bash", "bind9-dnsutils", "curl", "iproute2", "netcat-openbsd", "tcpdump"),
        files=content.DEBUG,
        public=False,
    ),
    ImageSpec(
        name="etcd",
        group="federation",
        references=(f"registry.k8s.io/etcd:{ETCD.removeprefix('v')}-0",),
        config=Config(cmd=("etcd",), ports=("2379/tcp", "2380/tcp")),
        bases=(Base.USERS,),
        programs=(
            Program(tool="etcd", path="usr/local/bin/etcd"),
            Program(tool="etcdctl", path="usr/local/bin/etcdctl", optional=True),
        ),
    ),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    ImageSpec(
        name="kubectl",
        group="federation",
        references=(f"registry.k8s.io/kubectl:{KUBERNETES}",),
        config=Config(entrypoint=("/bin/kubectl",)),
        bases=(Base.DEBIAN, Base.CERTIFICATES),
        programs=(Program(tool="kubectl", path="usr/bin/kubectl"),),
    ),
    _karmada("aggregated-apiserver"),
    _karmada("controller-manager"),
    _karmada("scheduler"),
    _karmada("webhook"),
    ImageSpec(
        name="keepalived",
        group="edge",
        references=("docker.io/k8s-federation/keepalived:2",),
        # Root without privileges: NET_ADMIN and NET_RAW are all it needs, and a writable directory for --pid.
        config=Config(
            entrypoint=("keepalived",),
            cmd=("--dont-fork", "--log-console", "--use-file=/etc/keepalived/keepalived.conf"),
        ),
        bases=(Base.DEBIAN, Base.CERTIFICATES),
        packages=("keepalived", "curl"),
        without=("iproute2",),  # only its example scripts call it
        versioned="keepalived",
        public=False,
    ),
    ImageSpec(
        name="federation-controllers",
        group="edge",
        references=(f"docker.io/library/federation-controllers:{VERSION}",),
        # As the Dockerfile makes it for clusters that are no lab. The pods say who they are: keepalived needs root.
        config=Config(
            entrypoint=("python3", "-m", "federation.controllers"),
            env=(f"PYTHONPATH=/{SITE}", "PYTHONUNBUFFERED=1"),
            user="65532:65532",
        ),
        bases=(Base.DEBIAN, Base.CERTIFICATES),
        packages=("keepalived", "python3"),
        without=("iproute2", "media-types"),
        python=requirements("federation/controllers/requirements.txt"),
        sources=("federation",),
        public=False,
    ),
)


def select(names: Iterable[str], images: Sequence[ImageSpec] = IMAGES) -> tuple[ImageSpec, ...]:
    """The images meant by short names, groups and references, each once, in the catalog's order.

    Raises `NotFoundError`.
    """
    wanted = {spec.name for name in names for spec in _find(name, images)}
    return tuple(spec for spec in images if spec.name in wanted)


def reference(name: str) -> str:
    """The full reference manifests should use for the image of that short name. Raises `NotFoundError`."""
    for spec in IMAGES:
        if spec.name == name:
            return spec.references[0]
    raise _unknown(name, IMAGES)


def _find(name: str, images: Sequence[ImageSpec]) -> list[ImageSpec]:
    found = [spec for spec in images if name in (spec.name, spec.group)]
    if not found and ("/" in name or ":" in name):
        found = [spec for spec in images if str(parse(name)) in spec.references]
    if not found:
        raise _unknown(name, images)
    return found


def _unknown(name: str, images: Sequence[ImageSpec]) -> NotFoundError:
    names = [*GROUPS, *(spec.name for spec in images)]
    near = difflib.get_close_matches(name, [*names, *(r for s in images for r in s.references)], cutoff=0.5)
    return NotFoundError(
        f"image {name!r}",
        "the lab has no image or group of that name",
        f"name one of: {', '.join(near or names)}",
    )
