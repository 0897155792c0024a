"""A federation at one moment as one page, for people: problems first. `fedctl report` makes it.

    report = assemble(facts)      what is wrong, and all that is known (pure)
    html(report)                  the page, which needs nothing but a browser (pure)

`asking` finds out what the federation's status does not have: certificates and versions.
"""

from __future__ import annotations

from federation.report.model import Report, assemble
from federation.report.page import html

__all__ = ["Report", "assemble", "html"]
