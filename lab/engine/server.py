"""The command line of the language host, its server, and its end."""

from __future__ import annotations

import argparse
import os
import select
import shutil
import sys
from collections.abc import Sequence
from concurrent import futures
from pathlib import Path

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from lab.engine.children import Children
from lab.engine.languagehost import LanguageHost
from lab.engine.lifetime import MESSAGE, parent, wakeup
from lab.errors import LabError

EXECUTOR = "pulumi-language-python-exec"
# Each running program or plugin holds one thread to its end.
THREADS = 64


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The command line: Go's flags, of which some are obsolete, and the engine's address as the last word."""
    parser = argparse.ArgumentParser(prog="pulumi-language-python", allow_abbrev=False)
    parser.add_argument("-tracing", "--tracing", default="", help="an endpoint to send traces to")
    parser.add_argument("-use-executor", "--use-executor", default="", help=f"the path of {EXECUTOR}")
    for obsolete in ("root", "virtualenv", "typechecker", "toolchain"):
        parser.add_argument(f"-{obsolete}", f"--{obsolete}", help="not used: each call names its own")
    parser.add_argument("-v", help="not used")
    parser.add_argument("-logtostderr", "--logtostderr", action="store_true", help="not used")
    parser.add_argument("engine", nargs="?", default="", help="the engine's address")
    return parser.parse_args(argv)


def executor() -> str:
    """The script that runs programs, on the PATH or beside the engine; raises `LabError` without one."""
    beside = [str(Path(engine).resolve().parent)] if (engine := shutil.which("pulumi")) else []
    found = shutil.which(EXECUTOR) or shutil.which(EXECUTOR, path=os.pathsep.join(beside))
    if found is None:
        raise LabError(
            EXECUTOR,
            "it is neither on the PATH nor beside the engine",
            "copy it there from the Go SDK's python/cmd",
        )
    return found


def serve(host: LanguageHost) -> tuple[grpc.Server, int]:
    """Start a server on a free port of the loopback interface; it stops when its last reference goes."""
    options = [("grpc.max_receive_message_length", MESSAGE), ("grpc.max_send_message_length", MESSAGE)]
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), options=options)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = int(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    return server, port


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until a signal comes or the engine dies; every process started here ends first."""
    given = arguments(sys.argv[1:] if argv is None else argv)
    end = [wakeup(), *parent()]
    try:
        path = given.use_executor or executor()
    except LabError as error:
        sys.exit(str(error))
    children = Children()
    host = LanguageHost(executor=path, engine=given.engine, tracing=given.tracing, children=children)
    _server, port = serve(host)
    print(port, flush=True)
    select.select(end, [], [])
    children.close()
    os._exit(0)  # threads of open calls would keep the interpreter; the engine waits for us
