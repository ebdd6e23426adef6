"""What each product and edition can do: one table for pages, REST and commands.

Source: the cloud's references of Network, Application and Classic Load Balancer (protocols, editions, ranges, quotas).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from django.conf import settings

from listeners.models.listener import Listener
from listeners.models.load_balancer import Edition, LoadBalancer, Product

_Protocol = Listener.Protocol

ENCRYPTED = frozenset({_Protocol.TCPSSL, _Protocol.HTTPS, _Protocol.QUIC})  # need a server certificate
MUTUAL = frozenset({_Protocol.TCPSSL, _Protocol.HTTPS})  # can ask clients for theirs
WITH_POLICY = frozenset({_Protocol.TCPSSL, _Protocol.HTTPS})  # QUIC is TLS 1.3 always
HTTP_FAMILY = frozenset({_Protocol.HTTP, _Protocol.HTTPS, _Protocol.QUIC})  # requests, so forwarding rules too
OVER_UDP = frozenset({_Protocol.UDP, _Protocol.QUIC})

Limited = Literal[
    "load_balancers",
    "listeners",
    "certificates",  # additional ones, per load balancer; of a CLB per listener
    "certificates_per_operation",
    "servers",  # behind one load balancer
    "rules",  # per load balancer; of a CLB per listener
    "rules_per_operation",
    "actions",  # per rule, like the next two
    "conditions",
    "wildcards",
    "idle_timeout",  # seconds, like the next one
    "request_timeout",
    "policy_listeners",  # of one custom TLS security policy
]


@dataclass(frozen=True, slots=True)
class Seconds:
    """A range of seconds, and what is taken when none is named."""

    allowed: range
    default: int


@dataclass(frozen=True, slots=True)
class Features:
    """What load balancers of one product and edition can do. ``quotas`` names the row of each limit."""

    protocols: tuple[_Protocol, ...]
    idle_timeouts: Mapping[str, Seconds]
    quotas: Mapping[Limited, str]
    request_timeout: Seconds | None = None
    mutual_authentication: bool = True
    custom_policies: bool = False
    rule_conditions: frozenset[str] = frozenset()
    rule_actions: frozenset[str] = frozenset()
    response_rules: bool = False
    slow_start: bool = False
    connection_drain: bool = False
    source_lookup: bool = False  # X-Forwarded-For: the client's address behind trusted proxies
    key_algorithms: frozenset[str] | None = None  # None: all that the engine serves
    rsa_bits: frozenset[int] | None = None  # None: all that the engine serves
    starts_running: bool = True  # a new listener
    domain_extensions: bool = False  # an additional certificate is for the one domain that is given
    regional_certificates: bool = False  # only certificates that were added to the region can be used


_BASIC_CONDITIONS = frozenset({"Host", "Path", "Header"})
_ALL_CONDITIONS = _BASIC_CONDITIONS | {"QueryString", "Method", "Cookie", "SourceIp"}
_RESPONSE_CONDITIONS = frozenset({"ResponseStatusCode", "ResponseHeader"})
_BASIC_ACTIONS = frozenset({"ForwardGroup", "Redirect"})
_ALL_ACTIONS = _BASIC_ACTIONS | {
    "FixedResponse",
    "Rewrite",
    "InsertHeader",
    "RemoveHeader",
    "TrafficLimit",
    "TrafficMirror",
    "Cors",
}
_ALB_IDLE = Seconds(range(1, 3601), 15)
_ALB_REQUEST = Seconds(range(1, 3601), 60)


def _alb(edition: str) -> Features:
    is_basic = edition == Edition.BASIC
    size = "basic" if is_basic else "standard"
    return Features(
        protocols=(_Protocol.HTTP, _Protocol.HTTPS, _Protocol.QUIC),
        idle_timeouts=MappingProxyType(dict.fromkeys(HTTP_FAMILY, _ALB_IDLE)),
        request_timeout=_ALB_REQUEST,
        quotas=MappingProxyType(
            {
                "load_balancers": "alb_quota_loadbalancers_num",
                "listeners": "alb_quota_loadbalancer_listeners_num",
                "certificates": f"alb_quota_{size}_loadbalancer_certificates_num",
                "certificates_per_operation": "alb_call_additional_certificates_num",
                "servers": f"alb_quota_{size}_loadbalancer_servers_num",
                "rules": f"alb_quota_{size}_loadbalancer_rules_num",
                "rules_per_operation": "alb_call_rules_num",
                "actions": f"alb_quota_{size}_rule_actions_num",
                "conditions": f"alb_quota_{size}_rule_conditions_num",
                "wildcards": f"alb_quota_{size}_rule_wildcards_num",
                "idle_timeout": "alb_quota_max_idle_timeout",
                "request_timeout": "alb_quota_max_request_timeout",
                "policy_listeners": "alb_quota_security_policy_listeners_num",
            }
        ),
        mutual_authentication=not is_basic,
        custom_policies=edition in {Edition.STANDARD, Edition.WAF},
        rule_conditions=_BASIC_CONDITIONS if is_basic else _ALL_CONDITIONS | _RESPONSE_CONDITIONS,
        rule_actions=_BASIC_ACTIONS if is_basic else _ALL_ACTIONS,
        response_rules=not is_basic,
        slow_start=not is_basic,
        connection_drain=not is_basic,
        source_lookup=not is_basic,
    )


_NLB = Features(
    protocols=(_Protocol.TCP, _Protocol.UDP, _Protocol.TCPSSL),
    idle_timeouts=MappingProxyType(
        {
            _Protocol.TCP: Seconds(range(10, 901), 900),
            _Protocol.TCPSSL: Seconds(range(10, 901), 900),
            _Protocol.UDP: Seconds(range(10, 91), 90),
        }
    ),
    quotas=MappingProxyType(
        {
            "load_balancers": "nlb_quota_loadbalancers_num",
            "listeners": "nlb_quota_loadbalancer_listeners_num",
            "certificates": "nlb_quota_loadbalancer_certificates_num",
            "certificates_per_operation": "nlb_call_additional_certificates_num",
            "servers": "nlb_quota_loadbalancer_noeci_servers_num",
        }
    ),
    custom_policies=True,
    connection_drain=True,
)
_CLB = Features(
    protocols=(_Protocol.TCP, _Protocol.HTTP, _Protocol.HTTPS),
    idle_timeouts=MappingProxyType(
        {
            _Protocol.TCP: Seconds(range(10, 901), 900),
            _Protocol.HTTP: Seconds(range(1, 61), 15),
            _Protocol.HTTPS: Seconds(range(1, 61), 15),
        }
    ),
    request_timeout=Seconds(range(1, 181), 60),
    quotas=MappingProxyType(
        {
            "load_balancers": "slb_quota_instances_num",
            "listeners": "slb_quota_listeners_num",
            "certificates": "slb_quota_domain_extensions_num",
            "certificates_per_operation": "slb_call_domain_extensions_num",
            "servers": "slb_quota_backendservers_num",
            "rules": "slb_quota_listener_rules_num",
            "rules_per_operation": "slb_call_rules_num",
        }
    ),
    rule_conditions=frozenset({"Host", "Path"}),
    rule_actions=frozenset({"ForwardGroup"}),
    key_algorithms=frozenset({"RSA"}),
    rsa_bits=frozenset({2048, 4096}),  # 1024 is documented too; the engine refuses it
    starts_running=False,
    domain_extensions=True,
    regional_certificates=True,
)
FEATURES: Mapping[tuple[str, str], Features] = MappingProxyType(
    {
        (Product.NLB, ""): _NLB,
        (Product.CLB, ""): _CLB,
        **{(Product.ALB.value, edition): _alb(edition) for edition in Edition.values},
    }
)
# An edition can be changed to those after it, never back.
UPGRADES = MappingProxyType(
    {
        Edition.BASIC: (Edition.STANDARD, Edition.WAF),
        Edition.STANDARD: (Edition.WAF,),
        Edition.EXTENDED: (Edition.WAF,),
        Edition.WAF: (),
    }
)
ID_PREFIXES = MappingProxyType({Product.NLB: "nlb", Product.ALB: "alb", Product.CLB: "lb"})


def features_of(balancer: LoadBalancer) -> Features:
    """Return what ``balancer`` can do."""
    features = FEATURES[balancer.product, balancer.edition]
    if balancer.product == Product.CLB and settings.CLB_CUSTOM_POLICIES:
        return replace(features, custom_policies=True)
    return features


def transport_of(protocol: str) -> Listener.Transport:
    """Return what a listener of ``protocol`` takes its port of."""
    return Listener.Transport.UDP if protocol in OVER_UDP else Listener.Transport.TCP
