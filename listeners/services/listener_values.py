"""What each field of a listener may hold, by its load balancer and protocol: checked values, or a refusal."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from listeners import limits, rules
from listeners.legality import refuse_settings
from listeners.models import Listener, LoadBalancer
from listeners.options import OPTIONS
from listeners.products import Limited, Seconds, features_of
from listeners.services.forwarded_headers import check_forwarded_headers
from listeners.services.policy_rules import check_policy

Check = Callable[[LoadBalancer, str, str, Any], Any]  # load balancer, protocol, field, value


def checked(balancer: LoadBalancer, protocol: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values to store; refuse fields and values that such a listener cannot have."""
    for field in given:
        if field not in _CHECKS:
            raise _fixed(field)
    refuse_settings(balancer, protocol, given)
    return {field: _value(balancer, protocol, field, value) for field, value in given.items()}


def _value(balancer: LoadBalancer, protocol: str, field: str, value: Any) -> Any:
    option = OPTIONS.get(field)
    if option and not option.is_of(balancer.product, protocol):
        return option.off
    return _CHECKS[field](balancer, protocol, field, value)


def _fixed(field: str) -> InvalidInputError:
    return InvalidInputError(
        _("The %(field)s of a listener cannot be changed.") % {"field": field},
        "listener.field-fixed",
        field=field,
        way_out=_("Create another listener and delete this one."),
    )


def allowed_seconds(given: Seconds, limited: Limited, balancer: LoadBalancer) -> range:
    """Return the range of a timeout, up to the quota where there is one."""
    if limited not in features_of(balancer).quotas:
        return given.allowed
    highest = limits.limit_for(balancer, limited).value
    return range(given.allowed.start, min(given.allowed.stop, highest + 1))


def _idle_timeout(balancer: LoadBalancer, protocol: str, field: str, value: Any) -> Any:
    allowed = allowed_seconds(features_of(balancer).idle_timeouts[protocol], "idle_timeout", balancer)
    label = _("The idle timeout in seconds of a %(protocol)s listener") % {"protocol": protocol}
    return rules.check_number(value, allowed, field, label, "listener.idle-timeout-invalid")


def _request_timeout(balancer: LoadBalancer, protocol: str, field: str, value: Any) -> Any:
    given = features_of(balancer).request_timeout
    allowed = allowed_seconds(given, "request_timeout", balancer) if given else range(0)
    label = _("The request timeout in seconds of a %(protocol)s listener") % {"protocol": protocol}
    return rules.check_number(value, allowed, field, label, "listener.request-timeout-invalid")


def _connection_rate(_balancer: LoadBalancer, _protocol: str, field: str, value: Any) -> Any:
    label = _("The number of new connections per second")
    return rules.check_number(value, rules.CONNECTIONS_PER_SECOND, field, label, "listener.cps-invalid")


def _alpn_policy(_balancer: LoadBalancer, _protocol: str, field: str, value: Any) -> Any:
    allowed = ["", *Listener.AlpnPolicy.values]
    return rules.check_choice(value, allowed, field, _("The ALPN policy"), "listener.alpn-policy-invalid")


def _redirect_port(_balancer: LoadBalancer, _protocol: str, field: str, value: Any) -> Any:
    return None if value is None else rules.check_port(value, "listener.redirect-port-invalid", field)


def _link(_balancer: LoadBalancer, _protocol: str, _field: str, value: Any) -> Any:
    return str(value) if value else None


def _flag(_balancer: LoadBalancer, _protocol: str, _field: str, value: Any) -> Any:
    return bool(value)


def _forwarded_headers(balancer: LoadBalancer, protocol: str, _field: str, value: Any) -> Any:
    return check_forwarded_headers(balancer, protocol, value)


_CHECKS: Mapping[str, Check] = {
    "name": lambda _balancer, _protocol, _field, value: rules.check_listener_name(value),
    "server_group_id": _link,
    "idle_timeout_seconds": _idle_timeout,
    "request_timeout_seconds": _request_timeout,
    "security_policy": lambda balancer, _protocol, _field, value: check_policy(balancer, value),
    "alpn_policy": _alpn_policy,
    "proxy_protocol_enabled": _flag,
    "connections_per_second": _connection_rate,
    "http2_enabled": _flag,
    "compression_enabled": _flag,
    "access_log_enabled": _flag,
    "forwarded_headers": _forwarded_headers,
    "quic_listener_id": _link,
    "redirect_port": _redirect_port,
}
