"""The walk-through "Federating ICP v2.1 Clusters" on premises (seed 002), line by line, with all its mistakes.

Each resource has the line beside it that makes it. The modules are in the order of the text.
"""

import contexts  # type: ignore[import-not-found]  # beside it once it runs
import etcd_operator  # type: ignore[import-not-found]
import keepalived  # type: ignore[import-not-found]
import labels  # type: ignore[import-not-found]
import plane  # type: ignore[import-not-found]
import server  # type: ignore[import-not-found]
import tools  # type: ignore[import-not-found]
import validation  # type: ignore[import-not-found]

tools.install()
made = contexts.create()
labels.label(made)
etcd_operator.deploy(made.fc01)
server.deploy(made.fc01)
plane.create(made)
keepalived.deploy(made)
validation.deploy(made)
