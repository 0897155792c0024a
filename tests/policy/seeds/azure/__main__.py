"""The walk-through "Kubernetes-federation" on Azure (seed 000), line by line, with all its mistakes.

Each resource has the line beside it that makes it. The modules are in the order of the text.
"""

import application  # type: ignore[import-not-found]  # beside it once it runs
import clusters  # type: ignore[import-not-found]
import plane  # type: ignore[import-not-found]
import tools  # type: ignore[import-not-found]
import zone  # type: ignore[import-not-found]

made = clusters.create()
external = zone.create(made.subscription)
tools.install(made)
federation = plane.create(made, external)
application.deploy(federation)
zone.publish(federation.name)
