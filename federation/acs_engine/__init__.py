"""api-models of acs-engine (`k8s.json`) as clusters of a topology.

    done = convert(Path("k8s.json").read_bytes(), options=Options(location="westus"))
    done.cluster    keys of a cluster of kind aks; empty if `done.problems` is not
    done.report     what became of each value of the file: kept, changed or dropped, and why

    settings("k8s.json")    the same for `acs_engine: k8s.json` in a topology; raises `ApiModelError`

Secrets in a file are a problem, and are not in anything that comes back.
"""

from __future__ import annotations

from federation.acs_engine.conversion import ApiModelError, Conversion, Options, convert
from federation.acs_engine.files import read, settings
from federation.acs_engine.ledger import Line

__all__ = ["ApiModelError", "Conversion", "Line", "Options", "convert", "read", "settings"]
