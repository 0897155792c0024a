"""The files of the walk-throughs, made with tools that are gone, as one topology.

    found = convert([("k8s.json", raw), ("dns.conf", other)], Wishes(locations=("westus",)))
    found.topology    a topology, or the part of one that the files say; None if one of them is refused

Known are api-models of acs-engine, the two kinds of `--dns-provider-config` of kubefed, and kubeconfigs.
"""

from __future__ import annotations

from federation.convert.assemble import Converted, Wishes, convert
from federation.convert.part import Part

__all__ = ["Converted", "Part", "Wishes", "convert"]
