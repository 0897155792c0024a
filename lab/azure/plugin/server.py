"""The plugin's process: a gRPC server that lives as long as its engine."""

from __future__ import annotations

import os
import select
from concurrent import futures

import grpc
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from lab.azure.plugin.servicer import Provider
from lab.engine.lifetime import MESSAGE, parent, wakeup

# Each call holds one thread for as long as ARM takes, and the engine makes as many calls at once as it has resources.
THREADS = 128


def serve(provider: Provider) -> tuple[grpc.Server, int]:
    """Start a server on a free port of the loopback interface; it stops when its last reference goes."""
    options = [("grpc.max_receive_message_length", MESSAGE), ("grpc.max_send_message_length", MESSAGE)]
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), options=options)
    add_ResourceProviderServicer_to_server(provider, server)
    port = int(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    return server, port


def main() -> None:
    """Serve until a signal comes or the engine dies."""
    end = [wakeup(), *parent()]
    _server, port = serve(Provider(os.environ))
    print(port, flush=True)
    select.select(end, [], [])
    os._exit(0)  # calls that still wait would keep the interpreter; what they wait for is found again
