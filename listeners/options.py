"""The settings that not every listener has: which protocols have each, and why only they. One table, pure.

Source: the cloud's references of CreateListener (NLB, ALB) and of CLB's listeners of each protocol.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from listeners.models.listener import Listener
from listeners.models.load_balancer import Product
from listeners.products import ENCRYPTED, HTTP_FAMILY, MUTUAL, WITH_POLICY

_Protocol = Listener.Protocol
_ALL = frozenset(Product.values)
_STREAMS = frozenset({_Protocol.TCP, _Protocol.TCPSSL})


@dataclass(frozen=True, slots=True)
class Option:
    """A setting: what it is called, who has it, why only they, and its value where a listener lacks it."""

    label: "str | Promise"
    rule: "str | Promise"
    protocols: frozenset[_Protocol]
    off: Any
    products: frozenset[str] = _ALL

    def is_of(self, product: str, protocol: str) -> bool:
        """Tell whether a listener of ``protocol`` on a load balancer of ``product`` has the setting."""
        return product in self.products and protocol in self.protocols

    def is_off(self, value: Any) -> bool:
        """Tell whether ``value`` asks for nothing."""
        return not value or value == self.off


_HTTP_RULE = _("only HTTP, HTTPS and QUIC listeners read requests")
OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "certificate_id": Option(
            _("server certificate"), _("only TCPSSL, HTTPS and QUIC listeners end TLS connections"), ENCRYPTED, None
        ),
        "additional_certificate_ids": Option(
            _("additional certificates"),
            _("only TCPSSL, HTTPS and QUIC listeners choose by name; those of a CLB have domain extensions for it"),
            ENCRYPTED,
            (),
            frozenset({Product.NLB.value, Product.ALB.value}),
        ),
        "domain_extensions": Option(
            _("domain extensions"),
            _("only HTTPS listeners of a Classic Load Balancer have them; others have additional certificates"),
            frozenset({_Protocol.HTTPS}),
            (),
            frozenset({Product.CLB.value}),
        ),
        "mutual_authentication": Option(
            _("mutual authentication"),
            _("only TCPSSL and HTTPS listeners can ask clients for a certificate"),
            MUTUAL,
            off=False,
        ),
        "mutual_authentication_mode": Option(
            _("mode of mutual authentication"),
            _("only TCPSSL and HTTPS listeners can ask clients for a certificate"),
            MUTUAL,
            Listener.MutualMode.ENFORCE.value,
        ),
        "ca_certificate_id": Option(
            _("CA certificate"),
            _("only TCPSSL and HTTPS listeners can ask clients for a certificate"),
            MUTUAL,
            None,
        ),
        "security_policy": Option(
            _("TLS security policy"),
            _("only TCPSSL and HTTPS listeners choose TLS versions and cipher suites; QUIC is TLS 1.3 always"),
            WITH_POLICY,
            "",
        ),
        "alpn_policy": Option(
            _("ALPN policy"),
            _("only TCPSSL listeners choose it; HTTPS listeners offer HTTP/1.1 and, unless switched off, HTTP/2"),
            frozenset({_Protocol.TCPSSL}),
            "",
            frozenset({Product.NLB.value}),
        ),
        "proxy_protocol_enabled": Option(
            _("Proxy Protocol"),
            _("only TCP and TCPSSL listeners write it; the others tell servers of the client in headers or not at all"),
            _STREAMS,
            off=False,
            products=frozenset({Product.NLB.value, Product.CLB.value}),
        ),
        "connections_per_second": Option(
            _("limit on new connections"),
            _("only TCP and TCPSSL listeners of a Network Load Balancer count new connections"),
            _STREAMS,
            0,
            frozenset({Product.NLB.value}),
        ),
        "request_timeout_seconds": Option(_("request timeout"), _HTTP_RULE, HTTP_FAMILY, 0),
        "compression_enabled": Option(_("compression"), _HTTP_RULE, HTTP_FAMILY, off=False),
        "access_log_enabled": Option(_("access log"), _HTTP_RULE, HTTP_FAMILY, off=False),
        "forwarded_headers": Option(_("headers about the client"), _HTTP_RULE, HTTP_FAMILY, {}),
        "http2_enabled": Option(
            _("switch for HTTP/2"),
            _("only HTTPS listeners agree on it with the client; HTTP is HTTP/1.1, and QUIC is HTTP/3"),
            frozenset({_Protocol.HTTPS}),
            off=False,
        ),
        "quic_listener_id": Option(
            _("QUIC listener to announce"),
            _("only HTTPS listeners of an Application Load Balancer tell clients of HTTP/3"),
            frozenset({_Protocol.HTTPS}),
            None,
            frozenset({Product.ALB.value}),
        ),
        "redirect_port": Option(
            _("redirect to HTTPS"),
            _("only HTTP listeners send all requests to HTTPS"),
            frozenset({_Protocol.HTTP}),
            None,
        ),
    }
)
