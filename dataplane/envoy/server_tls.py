"""How connections to servers are secured, and what goes before their first byte."""

import ssl
from collections.abc import Sequence
from pathlib import Path

import certifi
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import DataSource, TransportSocket
from envoy.config.core.v3.proxy_protocol_pb2 import ProxyProtocolConfig
from envoy.extensions.transport_sockets.proxy_protocol.v3.upstream_proxy_protocol_pb2 import (
    ProxyProtocolUpstreamTransport,
)
from envoy.extensions.transport_sockets.raw_buffer.v3.raw_buffer_pb2 import RawBuffer
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import TlsParameters
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext

from dataplane.envoy.health_check import PLAIN, as_criteria, other_security
from dataplane.envoy.resources import packed
from dataplane.envoy.tls import secret_reference
from dataplane.snapshot import Server, ServerGroup
from listeners.host_names import is_ip_address


def public_authorities() -> Path:
    """Return the file of the public authorities: the machine's own where it has one."""
    found = ssl.get_default_verify_paths().cafile
    return Path(found) if found else Path(certifi.where())


def secured(group: ServerGroup, servers: Sequence[Server], authority: str) -> TransportSocket | None:
    """Return how servers of ``group`` are connected to, None for plainly.

    ``authority`` names the secret by which they are verified; empty: none, or the public authorities.
    """
    return _tls(_context(group, servers, authority)) if group.protocol == "HTTPS" else None


def proxied() -> TransportSocket:
    """Return the socket that tells a server the client's address by the PROXY protocol, version 2."""
    config = ProxyProtocolUpstreamTransport(
        config=ProxyProtocolConfig(version=ProxyProtocolConfig.V2), transport_socket=_raw()
    )
    return TransportSocket(name="envoy.transport_sockets.upstream_proxy_protocol", typed_config=packed(config))


def matches_for_checks(group: ServerGroup) -> list[Cluster.TransportSocketMatch]:
    """Return the socket of health checks that are secured otherwise than the connections for clients."""
    check = group.health_check
    security = other_security(check, group) if check else ""
    if check is None or not security:
        return []
    socket = _raw() if security == PLAIN else _tls(UpstreamTlsContext(sni=check.host))
    return [Cluster.TransportSocketMatch(name=security, match=as_criteria(security), transport_socket=socket)]


def _context(group: ServerGroup, servers: Sequence[Server], authority: str) -> UpstreamTlsContext:
    context = UpstreamTlsContext(sni=group.server_name)
    # Without a name of the group's own, each server is asked for by its host name.
    context.auto_host_sni = not group.server_name and not any(is_ip_address(each.address) for each in servers)
    common = context.common_tls_context
    common.tls_params.CopyFrom(
        TlsParameters(
            tls_minimum_protocol_version=TlsParameters.TLSv1_2, tls_maximum_protocol_version=TlsParameters.TLSv1_3
        )
    )
    if not group.verify_servers:
        return context
    context.auto_sni_san_validation = bool(group.server_name) or context.auto_host_sni
    if authority:
        common.validation_context_sds_secret_config.CopyFrom(secret_reference(authority))
    else:
        common.validation_context.trusted_ca.CopyFrom(DataSource(filename=str(public_authorities())))
    return context


def _tls(context: UpstreamTlsContext) -> TransportSocket:
    return TransportSocket(name="envoy.transport_sockets.tls", typed_config=packed(context))


def _raw() -> TransportSocket:
    return TransportSocket(name="envoy.transport_sockets.raw_buffer", typed_config=packed(RawBuffer()))
