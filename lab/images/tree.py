"""An image as the file tree a container of it sees."""

from __future__ import annotations

from lab.images.layer import Entry, Kind
from lab.images.oci import PATH, Image

MAX_LINKS = 40
"""As many as Linux follows before it says ELOOP."""


def flatten(image: Image) -> dict[str, Entry]:
    """What a container of the image sees, by path: upper layers win. Links are not followed."""
    return {entry.path: entry for each in image.layers for entry in each}


def follow(tree: dict[str, Entry], path: str) -> Entry | None:
    """The entry at an absolute path, all links followed; None where there is nothing."""
    done: list[str] = []
    todo = path.strip("/").split("/")
    links = 0
    while todo and links <= MAX_LINKS:
        name = todo.pop(0)
        if name in ("", ".", ".."):
            done = done[:-1] if name == ".." else done
            continue
        entry = tree.get("/".join((*done, name)))
        if entry is None:
            return None
        if entry.kind is Kind.SYMLINK:
            links += 1
            done = [] if entry.target.startswith("/") else done
            todo = entry.target.split("/") + todo
        else:
            done.append(name)
    return None if todo else tree.get("/".join(done))


def command_file(image: Image) -> Entry | None:
    """The program a container starts, found as execvp finds it; None where there is none that may be run."""
    command = (*image.config.entrypoint, *image.config.cmd)
    tree = flatten(image)
    places = (
        [command[0]]
        if "/" in command[0]
        else [f"{d}/{command[0]}" for d in PATH.partition("=")[2].split(":")]
    )
    found = (follow(tree, place) for place in places)
    return next((each for each in found if each and each.kind is Kind.FILE and each.mode & 0o111), None)
