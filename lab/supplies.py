"""Where a lab's programs and images come from: the toolbox and the image cache."""

from __future__ import annotations

from lab.cluster import Say
from lab.errors import NotFoundError
from lab.images import catalog
from lab.images.source import ImageSource, archives
from lab.lifecycle import Supplies
from lab.tools.catalog import select
from lab.tools.install import install
from lab.tools.progress import Progress
from lab.tools.tool import Source
from lab.tools.toolbox import Toolbox

GROUP = "lab"
"""The tools that clusters are made of, in the tools' catalog."""


def make(say: Say, tools: Source, images: ImageSource) -> Supplies:
    """Get what is missing, with progress. Raises `LabError`."""
    toolbox = Toolbox()
    if tools is not Source.AUTO or not _complete(toolbox):
        toolbox = install([GROUP], source=tools, progress=Progress())
    return Supplies(
        program=toolbox.path,
        image=catalog.reference,
        archives=lambda names: archives(
            names, source=images, resolve=toolbox.path, progress=lambda text: say("images", text)
        ),
    )


def _complete(toolbox: Toolbox) -> bool:
    """Whether nothing is missing; then a lab's start has nothing to say about tools."""
    try:
        for tool in select([GROUP]):
            for program in tool.programs:
                toolbox.path(program)
    except NotFoundError:
        return False
    return True
