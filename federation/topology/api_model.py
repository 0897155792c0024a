"""An acs-engine api-model file beside the keys of an AKS cluster: `acs_engine: k8s.json`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from federation.errors import FederationError
from federation.topology.fields import mistake
from federation.topology.regions import REGIONS

KEY = "acs_engine"
_CONVERTER = "federation.acs_engine"  # by name: it needs this package's tables, and few topologies need it


def merged(cluster: Mapping[str, Any]) -> Mapping[str, Any]:
    """The section with the settings of its file, if it names one; keys of the section win.

    The short forms `node_count` and `vm_size` win over those of the file's first user pool.
    """
    path = cluster.get(KEY)
    if not isinstance(path, str) or not path:
        return cluster
    location = cluster.get("location")  # it tells which of the file's zones there are
    known = location if isinstance(location, str) and location in REGIONS else None
    try:
        settings: dict[str, Any] = dict(importlib.import_module(_CONVERTER).settings(path, location=known))
    except FederationError as error:
        raise mistake(f"cannot be used: {error.cause}", error.fix, key=KEY) from None
    given = {key: value for key, value in cluster.items() if value is not None}
    if {"zone", "zones"} & given.keys():
        settings = {key: value for key, value in settings.items() if key not in ("zone", "zones")}
    pools = settings.get("user_pools")
    if pools and "user_pools" not in given:
        first = {long: given.pop(short) for short, long in _SHORT.items() if short in given}
        settings["user_pools"] = [{**pools[0], **first}, *pools[1:]]
    return {**settings, **given}


_SHORT = {"node_count": "count", "vm_size": "vm_size"}
