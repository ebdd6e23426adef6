"""Rows in, resources out: what the engine would be sent, as messages."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3 import listener_pb2
from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import (
    HttpConnectionManager,
)
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext

from dataplane.collect import Selection, collect_all
from dataplane.envoy.compile import compile_snapshot
from dataplane.envoy.resources import CompiledListener
from listeners.models import Listener


@dataclass(frozen=True)
class Served:
    """The compiled listener, its messages parsed."""

    compiled: CompiledListener

    @property
    def listener(self) -> listener_pb2.Listener:
        assert self.compiled.listener is not None
        return listener_pb2.Listener.FromString(self.compiled.listener.payload)

    @property
    def cluster(self) -> Cluster:
        return Cluster.FromString(self.compiled.clusters[self.compiled.id].payload)

    @property
    def endpoints(self) -> ClusterLoadAssignment:
        return ClusterLoadAssignment.FromString(self.compiled.endpoints[self.compiled.id].payload)

    @property
    def manager(self) -> HttpConnectionManager:
        return manager_of(self.compiled)

    @property
    def routes(self) -> RouteConfiguration:
        return RouteConfiguration.FromString(self.compiled.routes[self.compiled.id].payload)

    @property
    def default_chain(self) -> FilterChain:
        return self.listener.default_filter_chain

    @property
    def names(self) -> dict[tuple[str, ...], list[str]]:
        """The server names, by the secrets that serve them."""
        return {secrets_of(chain): list(chain.filter_chain_match.server_names) for chain in self.listener.filter_chains}

    @property
    def problems(self) -> list[str]:
        return [problem.code for problem in self.compiled.problems]


def manager_of(compiled: CompiledListener) -> HttpConnectionManager:
    """What reads requests, wherever it travels."""
    manager = HttpConnectionManager()
    apart = compiled.filters.get(compiled.id)
    if apart is not None:
        assert TypedExtensionConfig.FromString(apart.payload).typed_config.Unpack(manager)
    else:
        assert Served(compiled).default_chain.filters[-1].typed_config.Unpack(manager)
    return manager


def tls_of(chain: FilterChain) -> DownstreamTlsContext:
    context = DownstreamTlsContext()
    assert chain.transport_socket.typed_config.Unpack(context)
    return context


def secrets_of(chain: FilterChain) -> tuple[str, ...]:
    return tuple(config.name for config in tls_of(chain).common_tls_context.tls_certificate_sds_secret_configs)


def proxy_of(chain: FilterChain) -> TcpProxy:
    proxy = TcpProxy()
    assert chain.filters[-1].typed_config.Unpack(proxy)
    return proxy


Serve = Callable[[Listener], Served]


@pytest.fixture
def serve(db: None) -> Serve:
    """Return what is served of a listener, from its rows."""

    def from_rows(listener: Listener) -> Served:
        return Served(compile_snapshot(collect_all(Selection())).listeners[listener.pk])

    return from_rows
