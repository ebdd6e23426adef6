"""What goes together by product, edition and protocol, and the refusal of the rest. Pure, for pages too.

Pages offer what is legal by ``settings_of``, ``defaults_of``, ``group_protocols`` and ``features_of``. Services refuse
the rest: what is wrong, the rule behind it, and the nearest legal choice.
Source: the cloud's references of CreateListener (NLB, ALB) and of CLB's listeners of each protocol.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from console.errors import ConflictError, InvalidInputError
from listeners.models.listener import Listener
from listeners.models.load_balancer import Edition, LoadBalancer, Product
from listeners.models.server_group import ServerGroup
from listeners.options import OPTIONS
from listeners.products import ENCRYPTED, FEATURES, UPGRADES, Features, features_of
from listeners.tls_policies import default_policy

_Protocol = Listener.Protocol
_Group = ServerGroup.Protocol

# What comes closest to a protocol that a product lacks, best first.
_NEAREST: Mapping[str, tuple[_Protocol, ...]] = MappingProxyType(
    {
        _Protocol.TCP: (_Protocol.TCP, _Protocol.HTTP),
        _Protocol.UDP: (_Protocol.UDP, _Protocol.QUIC, _Protocol.TCP),
        _Protocol.TCPSSL: (_Protocol.TCPSSL, _Protocol.HTTPS),
        _Protocol.HTTP: (_Protocol.HTTP, _Protocol.TCP),
        _Protocol.HTTPS: (_Protocol.HTTPS, _Protocol.TCPSSL),
        _Protocol.QUIC: (_Protocol.QUIC, _Protocol.HTTPS, _Protocol.TCPSSL),
    }
)
_GROUP_PROTOCOLS: Mapping[str, tuple[_Group, ...]] = MappingProxyType(
    {
        _Protocol.TCP: (_Group.TCP, _Group.TCP_UDP),
        _Protocol.UDP: (_Group.UDP, _Group.TCP_UDP),
        _Protocol.TCPSSL: (_Group.TCP,),
        _Protocol.HTTP: (_Group.HTTP,),
        _Protocol.HTTPS: (_Group.HTTP, _Group.HTTPS, _Group.GRPC),
        _Protocol.QUIC: (_Group.HTTP, _Group.GRPC),
    }
)


def named(balancer: LoadBalancer) -> str:
    """Return what kind of load balancer it is, such as “Application Load Balancer (Basic)”."""
    product = Product(balancer.product).label
    if not balancer.edition:
        return str(product)
    return _("%(product)s (%(edition)s)") % {"product": product, "edition": Edition(balancer.edition).label}


def default_protocol(balancer: LoadBalancer) -> str:
    """Return the protocol of a listener for which none is named: the encrypted one."""
    return next(str(protocol) for protocol in (_Protocol.TCPSSL, _Protocol.HTTPS) if _has(balancer, protocol))


def settings_of(product: str, protocol: str) -> frozenset[str]:
    """Return the names of the settings that such a listener has, beside those that every listener has."""
    return frozenset(name for name, option in OPTIONS.items() if option.is_of(product, protocol))


def defaults_of(balancer: LoadBalancer, protocol: str) -> dict[str, Any]:
    """Return the value of each setting that is not given; where a listener lacks a setting, it is off."""
    features = features_of(balancer)
    request_timeout = features.request_timeout.default if features.request_timeout else 0
    usual = {
        "security_policy": default_policy(balancer.product, balancer.edition),
        "http2_enabled": True,
        "compression_enabled": True,
        "request_timeout_seconds": request_timeout,
    }
    has = settings_of(balancer.product, protocol)
    return {
        "idle_timeout_seconds": features.idle_timeouts[protocol].default,
        **{name: value if name in has else OPTIONS[name].off for name, value in usual.items()},
    }


def group_protocols(product: str, protocol: str) -> tuple[str, ...]:
    """Return what the servers behind such a listener can speak. A CLB speaks plain HTTP to them."""
    allowed = _GROUP_PROTOCOLS[protocol]
    if product == Product.CLB and _Group.HTTP in allowed:
        allowed = (_Group.HTTP,)
    return tuple(str(group) for group in allowed)


def refuse_protocol(balancer: LoadBalancer, protocol: str) -> None:
    """Refuse a protocol that listeners of ``balancer`` cannot have, and one that does not exist."""
    if _has(balancer, protocol):
        return
    own = features_of(balancer).protocols
    told = {"kind": named(balancer), "protocol": protocol[:20], "own": ", ".join(own)}
    others = [str(Product(product).label) for product in Product.values if _product_has(product, protocol)]
    nearest = next((near for near in _NEAREST.get(protocol, own) if near in own), own[0])
    way_out = _("Choose %(nearest)s.") % {"nearest": nearest}
    if others:
        way_out = _("Choose %(nearest)s, or create the listener on another kind of load balancer: %(others)s.") % {
            "nearest": nearest,
            "others": ", ".join(others),
        }
    raise InvalidInputError(
        _("A load balancer of the kind “%(kind)s” has no %(protocol)s listeners: its protocols are %(own)s.") % told,
        "listener.protocol-not-of-product",
        field="protocol",
        way_out=way_out,
    )


def refuse_settings(balancer: LoadBalancer, protocol: str, given: Mapping[str, Any]) -> None:
    """Refuse the first setting that such a listener does not have, unless it is given as off."""
    for name, value in given.items():
        option = OPTIONS.get(name)
        if option is None or option.is_of(balancer.product, protocol) or option.is_off(value):
            continue
        raise InvalidInputError(
            _("A %(protocol)s listener of a load balancer of the kind “%(kind)s” has no %(setting)s: %(rule)s.")
            % {"protocol": protocol, "kind": named(balancer), "setting": option.label, "rule": option.rule},
            "listener.setting-not-applicable",
            field=name,
            way_out=_where_it_is(balancer, name),
        )


def _where_it_is(balancer: LoadBalancer, name: str) -> str:
    option = OPTIONS[name]
    own = [str(protocol) for protocol in features_of(balancer).protocols if option.is_of(balancer.product, protocol)]
    if own:
        return _("Leave it out, or choose another protocol: %(protocols)s.") % {"protocols": ", ".join(own)}
    elsewhere = [
        f"{protocol} ({product})"
        for product in Product.values
        for protocol in _protocols_of(product)
        if option.is_of(product, protocol)
    ]
    return _("Leave it out, or use a listener that has it: %(listeners)s.") % {"listeners": ", ".join(elsewhere)}


def refuse_mutual_authentication(balancer: LoadBalancer, protocol: str) -> None:
    """Refuse mutual authentication where the protocol or the edition has none."""
    refuse_settings(balancer, protocol, {"mutual_authentication": True})
    refuse_without(
        balancer, "mutual_authentication", _("mutual authentication"), "listener.mutual-authentication-not-in-edition"
    )


def refuse_without(balancer: LoadBalancer, feature: str, label: str, code: str, field: str = "") -> None:
    """Refuse what the product or edition of ``balancer`` lacks; ``feature`` is a flag of ``Features``."""
    if getattr(features_of(balancer), feature):
        return
    better = (
        [
            str(Edition(edition).label)
            for edition in UPGRADES.get(Edition(balancer.edition), ())
            if getattr(FEATURES[balancer.product, edition], feature)
        ]
        if balancer.edition
        else []
    )
    way_out = _("Leave it out.")
    if better:
        way_out = _("Leave it out, or upgrade the load balancer to the edition %(editions)s.") % {
            "editions": _(" or ").join(better)
        }
    raise InvalidInputError(
        _("A load balancer of the kind “%(kind)s” has no %(feature)s.") % {"kind": named(balancer), "feature": label},
        code,
        field=field or feature,
        way_out=way_out,
    )


def refuse_missing_certificate(protocol: str, certificate_id: str | None) -> None:
    """Refuse an encrypted listener without a server certificate."""
    if protocol in ENCRYPTED and not certificate_id:
        raise InvalidInputError(
            _("A %(protocol)s listener needs a server certificate: clients are shown it in the TLS handshake.")
            % {"protocol": protocol},
            "listener.certificate-missing",
            field="certificate_id",
            way_out=_("Choose a server certificate of the repository, or import one first."),
        )


def refuse_group(
    balancer: LoadBalancer, listener: Listener, group: ServerGroup, field: str = "server_group_id"
) -> None:
    """Refuse a server group whose servers speak what such a listener does not speak to servers."""
    allowed = group_protocols(balancer.product, listener.protocol)
    if group.protocol not in allowed:
        raise ConflictError(
            _(
                "Server group “%(group)s” is for %(is)s; "
                "a %(protocol)s listener here forwards to groups for %(allowed)s."
            )
            % {"group": group, "is": group.protocol, "protocol": listener.protocol, "allowed": ", ".join(allowed)},
            "listener.server-group-protocol",
            field=field,
            way_out=_("Choose or create a server group for %(nearest)s.") % {"nearest": allowed[0]},
        )
    if group.protocol == _Group.GRPC and listener.protocol == _Protocol.HTTPS and not listener.http2_enabled:
        raise ConflictError(
            _("Server group “%(group)s” is for gRPC, which needs HTTP/2, and HTTP/2 is off on this listener.")
            % {"group": group},
            "listener.grpc-without-http2",
            field=field,
            way_out=_("Switch HTTP/2 on, or choose a server group for HTTP or HTTPS."),
        )
    if group.slow_start_seconds:
        refuse_without(balancer, "slow_start", _("slow start"), "listener.slow-start-not-in-edition", field)


def refuse_target(protocol: str, group_id: str | None, redirect_port: int | None) -> None:
    """Refuse a listener that neither forwards nor redirects, and one that is to do both."""
    if redirect_port is not None and group_id:
        raise InvalidInputError(
            _("All requests are redirected to port %(port)s, so none would reach the server group.")
            % {"port": redirect_port},
            "listener.redirect-with-server-group",
            field="redirect_port",
            way_out=_("Leave the server group out, or leave the redirect out."),
        )
    if redirect_port is None and not group_id:
        raise InvalidInputError(
            _("A listener needs a server group to forward to."),
            "listener.server-group-missing",
            field="server_group_id",
            way_out=_("Choose a server group, or have all requests redirected to HTTPS (redirect_port).")
            if protocol == _Protocol.HTTP
            else _("Choose a server group."),
        )


def refuse_edition(product: str, edition: str) -> None:
    """Refuse an edition that load balancers of ``product`` do not have."""
    if (product, edition) in FEATURES:
        return
    own = [each for each_product, each in FEATURES if each_product == product and each]
    told = {"product": Product(product).label, "edition": edition[:40]}
    if not own:
        message, way_out = _("A %(product)s has no editions, so it cannot be “%(edition)s”."), _("Leave it out.")
    elif not edition:
        message, way_out = _("An %(product)s needs an edition."), _("Choose one of %(editions)s.")
    else:
        message, way_out = _("An %(product)s has no edition “%(edition)s”."), _("Choose one of %(editions)s.")
    raise InvalidInputError(
        message % told,
        "load-balancer.edition-not-of-product",
        field="edition",
        way_out=way_out % {"editions": ", ".join(own)},
    )


def refuse_downgrade(balancer: LoadBalancer, edition: str) -> None:
    """Refuse a change of edition that is no upgrade; the same edition is no change."""
    if edition == balancer.edition:
        return
    refuse_edition(balancer.product, edition)
    if edition in UPGRADES[Edition(balancer.edition)]:
        return
    better = [str(each) for each in UPGRADES[Edition(balancer.edition)]]
    raise ConflictError(
        _("“%(name)s” has the edition %(now)s, which cannot become %(wanted)s: an edition changes only upwards.")
        % {"name": balancer, "now": balancer.edition, "wanted": edition},
        "load-balancer.edition-downgrade",
        field="edition",
        way_out=_("Choose %(editions)s, or create another load balancer.") % {"editions": _(" or ").join(better)}
        if better
        else _("It is the highest edition; create another load balancer."),
    )


def _has(balancer: LoadBalancer, protocol: str) -> bool:
    return protocol in features_of(balancer).protocols


def _product_has(product: str, protocol: str) -> bool:
    return protocol in _protocols_of(product)


def _protocols_of(product: str) -> tuple[_Protocol, ...]:
    return _first(product).protocols


def _first(product: str) -> Features:
    return next(features for (each, _edition), features in FEATURES.items() if each == product)
