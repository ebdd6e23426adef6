"""Which settings a listener has, by its load balancer's product and its protocol. Pure.

Source: the cloud's references of CreateListener (NLB, ALB) and of CLB's listeners of each protocol.
"""

from collections.abc import Mapping
from types import MappingProxyType

from listeners.models.listener import Listener
from listeners.models.load_balancer import Product
from listeners.products import HTTP_FAMILY, MUTUAL, WITH_POLICY

_Protocol = Listener.Protocol

_EVERY = ("name", "idle_timeout_seconds")
_OF_REQUESTS = ("request_timeout_seconds", "compression_enabled", "access_log_enabled")
_OF_STREAMS = ("connections_per_second", "proxy_protocol_enabled")
_MORE: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        (Product.NLB, _Protocol.TCP): _OF_STREAMS,
        (Product.NLB, _Protocol.UDP): _OF_STREAMS,
        (Product.NLB, _Protocol.TCPSSL): (*_OF_STREAMS, "alpn_policy"),
        (Product.ALB, _Protocol.HTTPS): ("http2_enabled", "quic_listener_id"),
        (Product.CLB, _Protocol.HTTP): ("redirect_port",),
        (Product.CLB, _Protocol.HTTPS): ("http2_enabled",),
    }
)


def settings_of(product: str, protocol: str) -> frozenset[str]:
    """Return the names of what can be set of a listener beside its certificates; what is not there does not apply."""
    names = {*_EVERY, *_MORE.get((product, protocol), ())}
    if protocol in HTTP_FAMILY:
        names |= {*_OF_REQUESTS}
    if protocol in WITH_POLICY:
        names |= {"security_policy"}
    if protocol in MUTUAL:
        names |= {"mutual_authentication_mode"}
    return frozenset(names)
