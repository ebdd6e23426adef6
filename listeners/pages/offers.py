"""What can be chosen when load balancers and listeners are made, in words, out of the one table of features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from listeners import limits
from listeners.models import Listener, LoadBalancer
from listeners.models.load_balancer import Edition, Product
from listeners.products import FEATURES, MUTUAL, Features, features_of

_Protocol = Listener.Protocol

_PROTOCOLS: Mapping[str, "str | Promise"] = MappingProxyType(
    {
        _Protocol.TCP: _("Connections are handed to the servers as they come."),
        _Protocol.UDP: _("Datagrams are handed to the servers as they come."),
        _Protocol.TCPSSL: _("TLS ends here; the plain stream goes to the server group."),
        _Protocol.HTTP: _("Plain requests. No certificate, no authentication."),
        _Protocol.HTTPS: _("TLS ends here; requests go to the server group."),
        _Protocol.QUIC: _("HTTP/3 over UDP; it may share the port of an HTTPS listener."),
    }
)
_PRODUCTS: Mapping[str, "str | Promise"] = MappingProxyType(
    {
        Product.NLB: _("Connections: TCP, UDP, and TLS that ends here. For any protocol, and for the most traffic."),
        Product.ALB: _("Requests: HTTP, HTTPS and HTTP/3, sent on by rules over host, path, headers and more."),
        Product.CLB: _("TCP and HTTP(S) the classic way, with certificates that are added to each region."),
    }
)
_EDITIONS: Mapping[str, "str | Promise"] = MappingProxyType(
    {
        Edition.BASIC: _("Host, path and header rules. No mutual authentication."),
        Edition.STANDARD: _("Every rule and action, mutual authentication, custom TLS security policies."),
        Edition.EXTENDED: _("As Standard, with the TLS security policies of the system alone."),
        Edition.WAF: _("As Standard. The firewall itself filters nothing yet: requests pass unchecked."),
    }
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to choose: the value that is sent, its name, and what it is."""

    value: str
    label: "str | Promise"
    meaning: "str | Promise"


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One line of the feature table: a cell for each kind of load balancer; yes and no are booleans."""

    label: "str | Promise"
    cells: Sequence["str | bool"]


def protocol_offers(balancer: LoadBalancer) -> list[Offer]:
    """Return the protocols that listeners of ``balancer`` can have."""
    return [Offer(each, each.label, _PROTOCOLS[each]) for each in features_of(balancer).protocols]


def product_offers() -> list[Offer]:
    """Return the products."""
    return [Offer(product, Product(product).label, words) for product, words in _PRODUCTS.items()]


def edition_offers(editions: Sequence[str] = tuple(Edition.values)) -> list[Offer]:
    """Return the editions of an Application Load Balancer, or those named."""
    return [Offer(edition, Edition(edition).label, _EDITIONS[edition]) for edition in editions]


def feature_columns() -> list[tuple[str, "str | Promise"]]:
    """Return the heads of the feature table: product and edition."""
    return [(product, Edition(edition).label if edition else "") for product, edition in _KINDS]


def feature_rows() -> list[FeatureRow]:
    """Return what each kind of load balancer can do, and its limits."""
    allowed = limits.limits_of({each.quotas[name] for each in _FEATURES for name in ("listeners", "certificates")})
    numbers = [
        FeatureRow(_("Listeners"), [str(allowed[each.quotas["listeners"]]) for each in _FEATURES]),
        FeatureRow(_("Additional certificates"), [_certificates(each, allowed) for each in _FEATURES]),
    ]
    return [*(FeatureRow(label, [cell(each) for each in _FEATURES]) for label, cell in _ROWS), *numbers]


def _certificates(features: Features, allowed: Mapping[str, int]) -> str:
    number = allowed[features.quotas["certificates"]]
    return str(_("%(number)s per listener") % {"number": number}) if features.domain_extensions else str(number)


def _count(found: frozenset[str]) -> str:
    few = 4
    return "—" if not found else ", ".join(sorted(found)) if len(found) <= few else str(len(found))


def _keys(features: Features) -> str:
    return " ".join(sorted(features.key_algorithms)) if features.key_algorithms else "RSA, ECDSA, Ed25519"


_EDITIONS_OF_ALB = ((Product.ALB.value, edition) for edition in Edition.values)
_KINDS = ((Product.NLB.value, ""), *_EDITIONS_OF_ALB, (Product.CLB.value, ""))
_FEATURES = tuple(FEATURES[kind] for kind in _KINDS)
_ROWS: tuple[tuple["str | Promise", Callable[[Features], "str | bool"]], ...] = (
    (_("Protocols"), lambda each: ", ".join(each.protocols)),
    (_("Certificates"), _keys),
    (_("Mutual authentication"), lambda each: each.mutual_authentication and bool(MUTUAL & set(each.protocols))),
    (_("Custom TLS security policies"), lambda each: each.custom_policies),
    (_("Conditions of rules"), lambda each: _count(each.rule_conditions)),
    (_("Actions of rules"), lambda each: _count(each.rule_actions)),
    (_("Rules for answers"), lambda each: each.response_rules),
    (_("Slow start of servers"), lambda each: each.slow_start),
    (_("Connection drain of servers"), lambda each: each.connection_drain),
    (_("A new listener runs at once"), lambda each: each.starts_running),
)
