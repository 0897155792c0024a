"""Command lines and settings of the Kubernetes components on a node. Pure: from a layout to plain data.

Flags follow kubeadm's static pods (control plane) and the component configuration APIs (kubelet, kube-proxy).
Settings that a lab needs and a data centre does not are commented.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.layout import API_PORT, ClusterLayout, Node
from lab.topology import Oidc

ETC = Path("/etc/kubernetes")
PKI = ETC / "pki"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
CONTROL_PLANE_FILES = (
    "ca.crt ca.key front-proxy-ca.crt etcd-ca.crt apiserver.crt apiserver.key apiserver-kubelet-client.crt "
    "apiserver-kubelet-client.key front-proxy-client.crt front-proxy-client.key etcd.crt etcd.key "
    "apiserver-etcd-client.crt apiserver-etcd-client.key sa.key sa.pub"
).split()
CONTROL_PLANE_IDENTITIES = ("controller-manager", "scheduler")

Service = dict[str, Any]
"""What a node's init runs: {"name", "argv", "after": {"tcp": [host, port]} | {"path": file} | {}}."""


def services(cluster: ClusterLayout, node: Node, program: Callable[[str], Path]) -> list[Service]:
    """Every process of the node, in the order in which they start."""
    api = {"tcp": [str(cluster.control_plane.address), API_PORT]}
    runtime = [
        _service("containerd", [str(program("containerd")), "--config", "/etc/containerd/config.toml"])
    ]
    agents = [
        _service("kubelet", _kubelet(cluster, node, program), {**api, "path": CONTAINERD_SOCKET}),
        _service("kube-proxy", [str(program("kube-proxy")), f"--config={ETC}/kube-proxy.yaml"], api),
    ]
    if not node.control_plane:
        return [*runtime, *agents]
    control = [
        _service("etcd", _etcd(program)),
        _service("kube-apiserver", _apiserver(cluster, program), {"tcp": ["127.0.0.1", 2379]}),
        _service("kube-controller-manager", _controller_manager(cluster, program), api),
        _service("kube-scheduler", _scheduler(program), api),
    ]
    return [*control, *runtime, *agents]


def _service(name: str, argv: list[str], after: dict[str, Any] | None = None) -> Service:
    return {"name": name, "argv": argv, "after": after or {}}


def _etcd(program: Callable[[str], Path]) -> list[str]:
    return [
        str(program("etcd")),
        "--data-dir=/var/lib/etcd",
        "--listen-client-urls=https://127.0.0.1:2379",
        "--advertise-client-urls=https://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        f"--cert-file={PKI}/etcd.crt",
        f"--key-file={PKI}/etcd.key",
        f"--trusted-ca-file={PKI}/etcd-ca.crt",
        "--client-cert-auth",
        # A node's power cut ends processes, not the kernel: what was written is still there without a sync.
        "--unsafe-no-fsync",
    ]


def _apiserver(cluster: ClusterLayout, program: Callable[[str], Path]) -> list[str]:
    return [
        str(program("kube-apiserver")),
        f"--advertise-address={cluster.control_plane.address}",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--client-ca-file={PKI}/ca.crt",
        f"--etcd-cafile={PKI}/etcd-ca.crt",
        f"--etcd-certfile={PKI}/apiserver-etcd-client.crt",
        f"--etcd-keyfile={PKI}/apiserver-etcd-client.key",
        "--etcd-servers=https://127.0.0.1:2379",
        f"--kubelet-client-certificate={PKI}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={PKI}/apiserver-kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",  # the lab has no DNS for nodes
        f"--proxy-client-cert-file={PKI}/front-proxy-client.crt",
        f"--proxy-client-key-file={PKI}/front-proxy-client.key",
        "--requestheader-allowed-names=front-proxy-client",
        f"--requestheader-client-ca-file={PKI}/front-proxy-ca.crt",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--secure-port={API_PORT}",
        *_issuers(cluster),
        f"--service-account-key-file={PKI}/sa.pub",
        f"--service-account-signing-key-file={PKI}/sa.key",
        f"--service-cluster-ip-range={cluster.services}",
        f"--tls-cert-file={PKI}/apiserver.crt",
        f"--tls-private-key-file={PKI}/apiserver.key",
    ]


def _issuers(cluster: ClusterLayout) -> list[str]:
    """Who signs the tokens of service accounts, and whose tokens of users are taken.

    The first issuer is the one that new tokens name, and every issuer's tokens are taken.
    """
    flags = ["--service-account-issuer=https://kubernetes.default.svc.cluster.local"]
    if cluster.issuer:
        base = cluster.issuer.rstrip("/")
        keys = f"--service-account-jwks-uri={base}/openid/v1/jwks"
        flags = [f"--service-account-issuer={cluster.issuer}", *flags, keys]
    return [*flags, f"--authentication-config={ETC}/authentication.yaml"] if cluster.oidc else flags


def authentication_configuration(oidc: Oidc) -> dict[str, Any]:
    """AuthenticationConfiguration, apiserver.config.k8s.io/v1. Raises `OSError` when the CA file can't be read."""
    authority = {"certificateAuthority": oidc.ca.read_text()} if oidc.ca else {}
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [
            {
                "issuer": {"url": oidc.issuer, "audiences": [oidc.audience], **authority},
                "claimMappings": {
                    "username": {"claim": oidc.username_claim, "prefix": ""},
                    "groups": {"claim": oidc.groups_claim, "prefix": ""},
                },
            }
        ],
    }


def _controller_manager(cluster: ClusterLayout, program: Callable[[str], Path]) -> list[str]:
    return [
        str(program("kube-controller-manager")),
        *_client("controller-manager"),
        f"--client-ca-file={PKI}/ca.crt",
        f"--cluster-signing-cert-file={PKI}/ca.crt",
        f"--cluster-signing-key-file={PKI}/ca.key",
        f"--root-ca-file={PKI}/ca.crt",
        f"--service-account-private-key-file={PKI}/sa.key",
        "--use-service-account-credentials=true",
        "--leader-elect=false",  # it is alone, and a busy machine must not cost it the lead
        # It makes an account for each of its controllers first: at the default rate (20 a second) for five seconds.
        "--kube-api-qps=200",
        "--kube-api-burst=300",
        "--allocate-node-cidrs=false",  # the layout says which node has which pods
        f"--cluster-cidr={cluster.pods}",
        "--flex-volume-plugin-dir=/var/lib/kubelet/volume-plugins",
    ]


def _scheduler(program: Callable[[str], Path]) -> list[str]:
    return [str(program("kube-scheduler")), *_client("scheduler"), "--leader-elect=false"]


def _client(identity: str) -> list[str]:
    config = f"{ETC}/{identity}.kubeconfig"
    flags = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    return [f"--{flag}={config}" for flag in flags]


def _kubelet(cluster: ClusterLayout, node: Node, program: Callable[[str], Path]) -> list[str]:
    place = {"topology.kubernetes.io/region": cluster.region, "topology.kubernetes.io/zone": cluster.zone}
    labels = {**dict(node.labels), **{key: value for key, value in place.items() if value}}
    given = ",".join(f"{key}={value}" for key, value in labels.items())
    return [
        str(program("kubelet")),
        f"--config={ETC}/kubelet.yaml",
        f"--kubeconfig={ETC}/kubelet.kubeconfig",
        f"--hostname-override={node.name}",
        f"--node-ip={node.address}",
        *([f"--node-labels={given}"] if given else []),
    ]


def kubelet_configuration(cluster: ClusterLayout, node: Node) -> dict[str, Any]:
    """KubeletConfiguration, kubelet.config.k8s.io/v1beta1."""
    lonely = len(cluster.nodes) == 1
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{PKI}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",  # a node has no systemd
        "cgroupRoot": "/",  # its own, by the cgroup namespace
        "clusterDNS": [str(cluster.dns_service)],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "enforceNodeAllocatable": ["pods"],
        # The disk is the machine's, and there is no registry to fetch an image from again: never evict, never collect.
        "evictionHard": {"nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"},
        "imageGCHighThresholdPercent": 100,
        "syncFrequency": "10s",  # instead of 1m: pods see a changed ConfigMap soon
        "failCgroupV1": False,
        "failSwapOn": False,
        "maxOpenFiles": 20000,  # where the hard limit can't be raised, asking for more only fills the log
        "resolvConf": "/etc/resolv.conf",
        "registerWithTaints": [taint] if node.control_plane and not lonely else [],
        "tlsCertFile": f"{PKI}/kubelet.crt",
        "tlsPrivateKeyFile": f"{PKI}/kubelet.key",
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",  # the default lies under /usr, which is the machine's
    }


def kube_proxy_configuration(cluster: ClusterLayout, node: Node) -> dict[str, Any]:
    """KubeProxyConfiguration, kubeproxy.config.k8s.io/v1alpha1."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": f"{ETC}/proxy.kubeconfig"},
        "clusterCIDR": str(cluster.pods),
        "conntrack": {"maxPerCore": 0, "min": 0},  # nf_conntrack_max can't be written in a network namespace
        "hostnameOverride": node.name,
    }


def cni_configuration(node: Node) -> dict[str, Any]:
    """Pods on a bridge, with addresses that no NAT hides; the fabric routes them."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": str(node.pods)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "lab", "plugins": [bridge, ports]}


def containerd_configuration(*, cni_plugins: Path, snapshotter: str) -> str:
    """containerd's TOML, version 2 (containerd 1.x; 2.x takes it too).

    `restrict_oom_score_adj`: inside a container or a small VM, lowering a process's score is forbidden, and without
    this key no pod would start.
    """
    return f"""\
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{snapshotter}"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_plugins}"
    conf_dir = "/etc/cni/net.d"
"""
