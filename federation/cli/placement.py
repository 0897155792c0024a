"""`fedctl placement`: how replicas divide, without a cluster."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from federation.cli import app
from federation.placement import PlacementError, divide, parse_request

FORM = (
    '{"key": "ns/name", "replicas": 4, "clusters": ["fc01", "fc02"], "preferences": {"rebalance": false, '
    '"clusters": {"*": {"minReplicas": 0, "maxReplicas": 9, "weight": 1}}}, "current": {"fc01": 1}, '
    '"capacity": {"fc02": 8}}'
)


@app.command(
    "placement",
    help="Divide replicas over clusters, exactly as kubefed v1 did. Reads one JSON object, prints one: "
    f'{{"replicas": {{…}}, "overflow": {{…}}}}.\n\nA request has the form {FORM}. Only replicas and clusters '
    "are needed; without preferences all clusters weigh the same.",
)
def placement(
    file: Annotated[str, typer.Argument(help="a file with the request; - is the standard input")] = "-",
    stream: Annotated[
        bool, typer.Option("--stream", help="one request a line in, one division a line out")
    ] = False,
) -> None:
    """Print the division of each request."""
    source = _source(file)
    if not stream:
        _answer(source.read(), "request")
        return
    for number, line in enumerate(source, start=1):
        if line.strip():
            _answer(line, f"line {number}")


def _answer(text: bytes, where: str) -> None:
    """At once, so that a program may wait for it before it asks the next question."""
    print(divide(parse_request(text, where)).model_dump_json(), flush=True)


def _source(file: str) -> BinaryIO:
    """Bytes, as a wrong encoding is a mistake like any other."""
    if file == "-":
        return sys.stdin.buffer
    try:
        return io.BytesIO(Path(file).read_bytes())
    except OSError as error:
        fix = "name a file that can be read, or - for stdin"
        raise PlacementError(file, str(error.strerror), fix) from None
