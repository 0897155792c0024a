"""CoreDNS and its etcd in a cluster: the zone of a federation."""

from components.coredns.stack import CoreDnsArgs, CoreDnsStack

__all__ = ["CoreDnsArgs", "CoreDnsStack"]
