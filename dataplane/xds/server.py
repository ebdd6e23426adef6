"""The xDS server: one aggregated delta stream for each engine, over a socket of this user alone."""

import asyncio
import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse, Resource
from google.protobuf.any_pb2 import Any as AnyMessage

from dataplane.envoy.resources import SecretSource
from dataplane.envoy.secret import in_other_bytes
from dataplane.xds.accesslog import AccessLogService, Connections
from dataplane.xds.cache import ResourceCache
from dataplane.xds.stream import Batch, DeltaStream, Observer

logger = logging.getLogger(__name__)

SERVICE = "envoy.service.discovery.v3.AggregatedDiscoveryService"
SOCKET_MODE = 0o600
RETRY_SECONDS = 0.5
OPTIONS = (
    ("grpc.max_send_message_length", -1),  # a listener with 10,000 chains has 7 MB
    ("grpc.max_receive_message_length", -1),  # so have the names that an engine comes back with
    ("grpc.so_reuseport", 0),
)

# Returns the bytes of secrets by name. A secret that cannot be had is missing from the answer; it raises
# SecretsUnavailableError where the store does not answer and asking again helps.
LoadSecrets = Callable[[Mapping[str, SecretSource]], Awaitable[Mapping[str, bytes]]]


class SecretsUnavailableError(Exception):
    """Say that secrets cannot be loaded now."""


class XdsServer:
    """Serve a cache to the engines that connect."""

    def __init__(
        self,
        cache: ResourceCache,
        load_secrets: LoadSecrets,
        observer: Observer,
        connections: Connections | None = None,
    ) -> None:
        self._cache = cache
        self._load_secrets = load_secrets
        self._observer = observer
        self._server = grpc.aio.server(options=OPTIONS)
        handlers = {
            "DeltaAggregatedResources": grpc.stream_stream_rpc_method_handler(
                self._serve, DeltaDiscoveryRequest.FromString, DeltaDiscoveryResponse.SerializeToString
            )
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        self._access_log = AccessLogService(connections)
        self._access_log.register(self._server)
        self.streams = 0  # engines connected now

    async def start(self, socket_path: Path) -> None:
        """Listen on ``socket_path``, whose directory is this user's alone."""
        self._bind(socket_path)
        await self._server.start()

    def _bind(self, socket_path: Path) -> None:
        self._server.add_insecure_port(f"unix:{socket_path}")
        socket_path.chmod(SOCKET_MODE)

    async def stop(self, grace_seconds: float = 0.5) -> None:
        """End all streams; the engines go on serving what they have."""
        await self._server.stop(grace_seconds)

    async def _serve(
        self, requests: AsyncIterable[DeltaDiscoveryRequest], context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> None:
        await self._cache.ready.wait()
        stream = DeltaStream(self._cache, self._observer)
        wake = asyncio.Event()

        def changed(type_url: str, names: Any) -> None:
            stream.changed(type_url, names)
            wake.set()

        unwatch = self._cache.watch(changed)
        self.streams += 1
        reader = asyncio.ensure_future(_read(requests, stream, wake))
        try:
            await self._write(context, stream, wake, reader)
        finally:
            self.streams -= 1
            unwatch()
            reader.cancel()

    async def _write(
        self,
        context: "grpc.aio.ServicerContext[Any, Any]",
        stream: DeltaStream,
        wake: asyncio.Event,
        reader: "asyncio.Future[None]",
    ) -> None:
        """Send batches for as long as the engine reads."""
        while not reader.done():
            wake.clear()
            while (batch := stream.next_batch()) is not None:
                await self._send(context, stream, batch)
            waiter = asyncio.ensure_future(wake.wait())
            try:
                await asyncio.wait((waiter, reader), return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiter.cancel()  # also when the stream ends meanwhile: a forgotten task is an error in the log

    async def _send(self, context: "grpc.aio.ServicerContext[Any, Any]", stream: DeltaStream, batch: Batch) -> None:
        try:
            response = await self._response(batch)
        except SecretsUnavailableError as error:
            logger.warning("secrets cannot be read, trying again: %s", error)
            stream.postpone(batch)
            await asyncio.sleep(RETRY_SECONDS)
            return
        stream.sent(batch)
        await context.write(response)

    async def _response(self, batch: Batch) -> DeltaDiscoveryResponse:
        sources = {name: entry.source for name, entry in batch.entries.items() if entry.source is not None}
        secrets = await self._load_secrets(sources) if sources else {}
        response = DeltaDiscoveryResponse(type_url=batch.type_url, nonce=batch.nonce, removed_resources=batch.removed)
        for name, entry in batch.entries.items():
            payload = entry.payload if entry.source is None else secrets.get(name)
            if payload is not None and entry.source is not None and batch.is_repeated:
                payload = in_other_bytes(payload)
            if payload is not None:
                wrapped = AnyMessage(type_url=batch.type_url, value=payload)
                response.resources.append(Resource(name=name, version=entry.version, resource=wrapped))
        return response


async def _read(requests: AsyncIterable[DeltaDiscoveryRequest], stream: DeltaStream, wake: asyncio.Event) -> None:
    """Take requests until the engine goes away."""
    async for request in requests:
        stream.receive(request)
        wake.set()
