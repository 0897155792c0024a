"""## Initialize the Federation Control Plane, and join ICP clusters."""

from __future__ import annotations

from contexts import SERVERS, Contexts  # type: ignore[import-not-found]  # beside it once it runs
from kubefed import Federation, init  # type: ignore[import-not-found]
from kubefed_join import join  # type: ignore[import-not-found]
from server import ETCD, ZONE  # type: ignore[import-not-found]
from shell import Command, File  # type: ignore[import-not-found]

COREDNS = "172.16.254.59:30669"  # `<ip-of-icp-proxy-nodes>:<port-of-service>`

# `cat <<EOF > coredns-provider.conf`
PROVIDER_CONF = f"""\
[Global]
etcd-endpoints = {ETCD}
zones = {ZONE}
coredns-endpoints = {COREDNS}
"""

# Default of --image, at the version of stable.txt when the text was written (its answers are of 2017-11-17).
IMAGE = "gcr.io/google_containers/hyperkube-amd64:v1.8.3"


def create(contexts: Contexts) -> None:
    """Control plane and members."""
    File("coredns-provider.conf", PROVIDER_CONF)
    # `kubefed init fc-federated-cluster --host-cluster-context="fc01-context" --dns-provider="coredns" ...`, and
    # `deleting the federation system namespace should remove all the resources except the persistent storage volume`
    Command(
        "kubefed-init",
        create='kubefed init fc-federated-cluster --host-cluster-context="fc01-context" --dns-provider="coredns"'
        f' --dns-zone-name="{ZONE}" --api-server-advertise-address=172.16.254.64'
        " --api-server-service-type='NodePort' --dns-provider-config=\"coredns-provider.conf\""
        " --etcd-persistent-storage=true",
        delete="kubectl delete ns federation-system",
    )
    federation = Federation(
        name="fc-federated-cluster",
        host="fc01-context",
        dns_provider="coredns",
        dns_zone=ZONE,
        dns_config=PROVIDER_CONF,
        nameserver=COREDNS,
        image=IMAGE,
        service_type="NodePort",
        advertise="172.16.254.64",
        on_host=contexts.fc01,
        plane=contexts.federation,
    )
    init(federation)
    # `kubefed join fc01-context --host-cluster-context=fc01-context`
    join(federation, "fc01-context", contexts.fc01, SERVERS["fc01"])
    # `kubefed join fc02-context --host-cluster-context=fc01-context`
    join(federation, "fc02-context", contexts.fc02, SERVERS["fc02"])
