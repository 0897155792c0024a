"""P12."""

from __future__ import annotations

import json
from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, dynamic, good, kubernetes, overriding, unknown

IMAGE = "gcr.io/google_containers/kube-keepalived-vip:0.11"
KUBE = "DaemonSet kube-system/kube-keepalived-vip"
CONF = "vrrp_instance a {{\n  virtual_router_id {id}\n  unicast_peer {{ 10.0.0.2 }}\n}}\n"


def keepalived(name: str, *args: str, image: str = IMAGE, kind: str = "DaemonSet") -> Resource:
    """As of two clusters, where both objects have one name."""
    container = {"image": image, "args": ["--use-unicast=true", *args]}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"namespace": "kube-system", "name": "kube-keepalived-vip"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    return dynamic("my:Object", name, manifest=manifest)


def multicast(*args: str, image: str = IMAGE) -> Resource:
    spec = {"template": {"spec": {"containers": [{"image": "x"}, {"image": image, "args": [*args]}]}}}
    return kubernetes("apps/v1:DaemonSet", "vips/keepalived", spec=spec)


def file(text: Any, name: str = "vips/keepalived", kind: str = "ConfigMap", key: str = "data") -> Resource:
    called = "file" if kind == "ConfigMap" else "keepalived.conf"
    return kubernetes(f"v1:{kind}", name, **{key: {called: text}})


def ours(id_: Any, name: str = "vips/keepalived") -> Resource:
    return file(json.dumps({"address": "127.0.0.1", "routerId": id_}), name)


def override(container: dict[str, Any]) -> Resource:
    return overriding("apps/v1:DaemonSet", "/spec/template/spec/containers/0", container, name="vips/west")


def shared(id_: str, late: str = KUBE, early: str = f"{KUBE} (Object 'fc01')") -> str:
    return f"{late} has virtual router id {id_!r}, and so has {early}"


OPEN = "DaemonSet 'vips/keepalived' speaks VRRP to the whole segment (spec.template.spec.containers[1])"
FC01, FC02 = keepalived("fc01", "--vrid=51"), keepalived("fc02", "--vrid=51")
CASES = [
    bad("P12", "one id for two clusters", FC01, FC02, says=shared("51")),
    bad("P12", "one id for three", FC01, FC02, keepalived("fc03", "--vrid=51"), says=[shared("51")] * 2),
    bad(
        "P12",
        "the id that nobody names",
        keepalived("fc01"),
        keepalived("fc02", "--vrid=50"),
        says=shared("50"),
    ),
    bad(
        "P12",
        "other images and kinds",
        keepalived("fc01", image="me/kube-keepalived-vip-arm:1", kind="Deployment"),
        keepalived("fc02", "--vrid", "50", image="me/vip"),
        says=shared("50", early="Deployment kube-system/kube-keepalived-vip (Object 'fc01')"),
    ),
    bad(
        "P12",
        "an id of ours",
        ours(51.0),
        FC02,
        says=shared("51", early="ConfigMap vips/keepalived (ConfigMap 'keepalived')"),
    ),
    bad(
        "P12",
        "an id in a file",
        FC01,
        file(CONF.format(id=51)),
        file(CONF.format(id=51), "vips/more", "Secret", "stringData"),
        says=[shared("51", "ConfigMap vips/keepalived"), shared("51", "Secret vips/more")],
    ),
    bad(
        "P12",
        "an override",
        FC01,
        override({"args": ["--vrid=51"]}),
        says=shared("51", "DaemonSet vips/west"),
    ),
    *(
        bad(
            "P12",
            f"id {id_}",
            ours(id_),
            says=f"ConfigMap vips/keepalived has virtual router id '{id_}', which is not 1 to 255",
        )
        for id_ in (0, 256)
    ),
    bad(
        "P12",
        "an id of another stack",
        FC01,
        says=f"{KUBE} has virtual router id '51', which another stack uses (reserved)",
        settings={"reserved": [7, 51]},
    ),
    good("P12", "ids of their own", FC01, keepalived("fc02", "--vrid=52"), keepalived("fc03"), ours(53)),
    good("P12", "the least and the greatest", ours(1), ours(255, "vips/more")),
    good("P12", "another id is reserved", FC01, settings={"reserved": [52]}),
    good("P12", "two segments", FC01, FC02, settings={"networks": {"fc01": "here", "fc*": "there"}}),
    bad("P12", "one segment", FC01, FC02, says=shared("51"), settings={"networks": {"fc*": "here"}}),
    good(
        "P12", "one segment, and one that is not named", FC01, FC02, settings={"networks": {"fc02": "here"}}
    ),
    bad(
        "P12",
        "one segment by two names",
        FC01,
        FC02,
        keepalived("dc01", "--vrid=51"),
        says=shared("51"),
        settings={"networks": {"fc01": "here", "fc02": "here"}},
    ),
    good("P12", "two instances in one file", file(CONF.format(id=51) * 2)),
    good("P12", "an override of something else", keepalived("fc01"), override({"image": IMAGE})),
    good("P12", "other programs", *(keepalived(name, image="me/vip:1") for name in ("fc01", "fc02"))),
    good("P12", "what is no number", *(keepalived(name, "--vrid=$(ID)") for name in ("fc01", "fc02"))),
    good("P12", "what only starts with one", *(keepalived(name, "--vrid=51a") for name in ("fc01", "fc02"))),
    good("P12", "a file that is too deep", file("[" * 100_000)),
    good("P12", "a file that says nothing", *(file("{[", name) for name in ("vips/a", "vips/b"))),
    good(
        "P12", "what is no file", *(file(CONF.format(id=51), name, "Other") for name in ("vips/a", "vips/b"))
    ),
    good(
        "P12",
        "another option of keepalived",
        *(file("my_virtual_router_id 51", n) for n in ("vips/a", "vips/b")),
    ),
    unknown(
        "P12",
        "arguments",
        keepalived("fc01", UNKNOWN),
        FC02,
        paths=["manifest.spec.template.spec.containers[0].args[1]"] * 2,
    ),
    unknown("P12", "a file", file(UNKNOWN), FC01, FC02, paths=["data.file"] * 2, says=shared("51")),
    good(
        "P12",
        "keys in a Secret",
        kubernetes("v1:Secret", "vips/certificate", data={"tls.key": UNKNOWN, "tls.crt": CONF.format(id=51)}),
        FC01,
    ),
    bad("P12", "multicast", multicast("--vrid=51"), says=OPEN),
    bad("P12", "multicast by choice", multicast("--use-unicast=false"), says=OPEN),
    good("P12", "unicast", multicast("--use-unicast=true")),
    good("P12", "another program", multicast(image="me/vip:1")),
    good("P12", "an override that leaves unicast", override({"args": ["--vrid=51"]})),
    bad(
        "P12",
        "an override that ends unicast",
        override({"image": IMAGE, "args": ["--use-unicast=false"]}),
        says="DaemonSet 'vips/west' speaks VRRP to the whole segment (spec.overrideRules[0].overriders.plaintext[0]"
        ".spec.template.spec.containers[0])",
    ),
    bad(
        "P12",
        "a file without peers",
        file("vrrp_instance a {\n}\n", kind="Secret", key="stringData"),
        says="Secret 'vips/keepalived' speaks VRRP to the whole segment (stringData.keepalived.conf)",
    ),
    good("P12", "a file about something else", file("global_defs {\n}\n")),
]
