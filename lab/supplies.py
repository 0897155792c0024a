"""Where a lab's programs and images come from: the toolbox and the image cache."""

from __future__ import annotations

from lab.cluster import Say
from lab.images import catalog
from lab.images.source import ImageSource, archives
from lab.lifecycle import Supplies
from lab.tools.install import install
from lab.tools.progress import Progress
from lab.tools.tool import Source


def make(say: Say, tools: Source, images: ImageSource) -> Supplies:
    """Get what is missing, with progress. Raises `LabError`."""
    toolbox = install(["lab"], source=tools, progress=Progress())
    return Supplies(
        program=toolbox.path,
        image=catalog.reference,
        archives=lambda names: archives(
            names, source=images, resolve=toolbox.path, progress=lambda text: say("images", text)
        ),
    )
