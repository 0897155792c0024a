"""A resource provider in one file: what it takes to create, compare and delete one kind of resource."""
# ruff: noqa: N802  the protocol gives the methods their names and arguments

from __future__ import annotations

from concurrent import futures
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as rpc
from pulumi.runtime.proto.plugin_pb2 import PluginInfo
from pulumi.runtime.proto.provider_pb2_grpc import (
    ResourceProviderServicer,
    add_ResourceProviderServicer_to_server,
)


class Provider(ResourceProviderServicer):
    """Makes texts."""

    def Handshake(self, request: Any, context: Any) -> rpc.ProviderHandshakeResponse:
        """Agree to the older forms of everything."""
        return rpc.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> PluginInfo:
        """Name a version."""
        return PluginInfo(version="0.1.0")

    def CheckConfig(self, request: rpc.CheckRequest, context: Any) -> rpc.CheckResponse:
        """Take any configuration."""
        return rpc.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> rpc.DiffResponse:
        """See no difference in configurations."""
        return rpc.DiffResponse()

    def Configure(self, request: Any, context: Any) -> rpc.ConfigureResponse:
        """Need nothing."""
        return rpc.ConfigureResponse()

    def Check(self, request: rpc.CheckRequest, context: Any) -> rpc.CheckResponse:
        """Take any inputs."""
        return rpc.CheckResponse(inputs=request.news)

    def Diff(self, request: rpc.DiffRequest, context: Any) -> rpc.DiffResponse:
        """Compare the word."""
        same = request.olds["word"] == request.news["word"]
        kind = rpc.DiffResponse.DIFF_NONE if same else rpc.DiffResponse.DIFF_SOME
        return rpc.DiffResponse(changes=kind, replaces=[] if same else ["word"])

    def Create(self, request: rpc.CreateRequest, context: Any) -> rpc.CreateResponse:
        """Make the text."""
        properties = Struct()
        properties.update(
            {"word": request.properties["word"], "text": f"{request.properties['word']}, plugin"}
        )
        return rpc.CreateResponse(id="text", properties=properties)

    def Delete(self, request: Any, context: Any) -> Empty:
        """Forget it."""
        return Empty()

    def Cancel(self, request: Any, context: Any) -> Empty:
        """Have nothing to stop."""
        return Empty()


if __name__ == "__main__":
    server = grpc.server(futures.ThreadPoolExecutor(4))
    add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()
