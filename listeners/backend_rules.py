"""Which settings of a server group go together, and the refusal of the rest. Pure.

Every refusal says what is wrong, the rule behind it, and the nearest legal choice.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from listeners.backend_fields import GRPC_OK
from listeners.backends import (
    BACKENDS,
    CODES,
    DETAILS,
    HASHING,
    REQUESTS,
    STREAMS,
    Backends,
    Check,
    Scheduler,
    Stickiness,
    applies,
    methods_of,
)
from listeners.host_names import is_ip_address

QUIC_ID_HASH = "qch"


def settle(
    protocol: str, stored: Mapping[str, Any], given: Mapping[str, Any], addresses: Collection[str]
) -> dict[str, Any]:
    """Return all settings of a group once ``given`` (each checked by itself) changes what is ``stored``.

    ``addresses`` are those of its servers. A stored detail that loses its meaning goes back to its default; one that
    is given without a meaning is refused, as is everything that does not go together.
    """
    backends = BACKENDS[protocol]
    values = {**stored, **given}
    _refuse_scheduler(protocol, backends, values["scheduler"])
    _refuse_absent(protocol, backends, given)
    if "health_check_protocol" in given and "health_check_method" not in given:
        values["health_check_method"] = _method_of(values)
    for name, default in DETAILS.items():
        if not applies(name, values):
            _refuse_pointless(name, values, given)
            values[name] = default if not isinstance(default, list) else []
    _refuse_sessions(values)
    _refuse_slow_start(values)
    _refuse_drain(protocol, values)
    _refuse_verification(values, addresses)
    _refuse_check(protocol, backends, values)
    return values


def _refused(message: str, code: str, field: str, way_out: str) -> InvalidInputError:
    return InvalidInputError(message, f"server-group.{code}", field=field, way_out=way_out)


def _named(schedulers: Collection[str]) -> str:
    return ", ".join(f"{each} ({Scheduler(each).label})" for each in schedulers)


def _refuse_scheduler(protocol: str, backends: Backends, scheduler: str) -> None:
    if scheduler in backends.schedulers:
        return
    told = {"protocol": protocol, "scheduler": scheduler[:40], "own": _named(backends.schedulers)}
    message, way_out = _scheduler_rule(protocol, scheduler)
    raise _refused(message % told, "scheduler-invalid", "scheduler", way_out % told)


def _scheduler_rule(protocol: str, scheduler: str) -> tuple[str, str]:
    by_source = _("Choose sch, the consistent hash of the source address.")
    if scheduler == QUIC_ID_HASH:
        return _(
            "The scheduler qch (QUIC ID) cannot be had: the engine sees the connection ids only of QUIC that it ends"
            " itself, not of QUIC that it passes on in UDP."
        ), by_source
    if scheduler == Scheduler.FOUR_TUPLE_HASH and protocol in STREAMS:
        return _(
            "A server group for %(protocol)s cannot have the scheduler tch: of datagrams the engine hashes the source"
            " address only."
        ), by_source
    if scheduler == Scheduler.FOUR_TUPLE_HASH:
        return _(
            "A server group for %(protocol)s cannot have the scheduler tch: it is chosen per request, and requests of"
            " one client come by many connections."
        ), by_source
    if scheduler == Scheduler.PARAMETER_HASH:
        return _("A server group for %(protocol)s cannot have the scheduler uch: only requests have a URL."), by_source
    return _("There is no scheduler “%(scheduler)s”."), _("Choose one of %(own)s.")


def _refuse_absent(protocol: str, backends: Backends, given: Mapping[str, Any]) -> None:
    """Refuse settings that no group of the protocol has, unless they are given as they are without."""
    for name in given:
        if name in backends.defaults and name not in backends.settings and given[name] != backends.defaults[name]:
            raise _refused(*_absence(name, protocol))


def _absence(name: str, protocol: str) -> tuple[str, str, str, str]:
    told = {"protocol": protocol}
    if name in {"verify_servers", "ca_certificate_id", "server_name"}:
        return (
            _("A server group for %(protocol)s makes no TLS connections to its servers, so none are verified.") % told,
            "tls-not-applicable",
            name,
            _("Create a server group for HTTPS, or leave it out."),
        )
    if name == "connection_drain_seconds" and protocol in REQUESTS:
        return (
            _(
                "A server group for %(protocol)s has no time to drain: requests that are under way when a server is"
                " removed or fails always end, within the request timeout of the listener."
            )
            % told,
            "drain-not-applicable",
            name,
            _("Leave it out, and set the request timeout of the listener."),
        )
    return (
        _("A server group for %(protocol)s cannot have it: cookies, parameters and slow start are of requests.") % told,
        "setting-not-applicable",
        name,
        _("Leave it out; the scheduler sch keeps each client with its server.")
        if name != "connection_drain_seconds"
        else _("Leave it out: UDP has no connections."),
    )


def _refuse_pointless(name: str, values: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    if name not in given or given[name] == DETAILS[name]:
        return
    if name == "health_check_codes" and values["health_check_protocol"] == Check.GRPC:
        _refuse_grpc_codes(given[name])
        return
    needs = {
        "hash_parameter": _("the scheduler uch"),
        "cookie": _("the stickiness “server”"),
        "cookie_timeout_seconds": _("the stickiness “insert”"),
        "ca_certificate_id": _("the verification of servers"),
    }.get(name, _("a health check by HTTP or HTTPS"))
    raise _refused(
        _("It means something only with %(needs)s.") % {"needs": needs},
        "setting-pointless",
        name,
        _("Choose %(needs)s, or leave it out.") % {"needs": needs},
    )


def _refuse_grpc_codes(codes: Collection[str]) -> None:
    if set(codes) <= {GRPC_OK}:
        return
    raise _refused(
        _("The gRPC check has no other codes than 0: the engine asks grpc.health.v1.Health, and only SERVING counts."),
        "health-check-invalid",
        "health_check_codes",
        _("Leave the codes out, or check by HTTP."),
    )


def _refuse_sessions(values: Mapping[str, Any]) -> None:
    sticky, scheduler = values["stickiness"], values["scheduler"]
    if scheduler == Scheduler.PARAMETER_HASH and not values["hash_parameter"]:
        raise _refused(
            _("The scheduler uch needs the name of the URL parameter to hash."),
            "hash-parameter-missing",
            "hash_parameter",
            _("Give the parameter, such as “user”, or choose another scheduler."),
        )
    if sticky == Stickiness.SERVER and not values["cookie"]:
        raise _refused(
            _("The name of the cookie that the servers set is missing."),
            "cookie-missing",
            "cookie",
            _("Give the name, such as JSESSIONID, or choose the stickiness “insert”."),
        )
    if sticky and scheduler in HASHING:
        raise _refused(
            _("Stickiness by cookie and the scheduler %(scheduler)s exclude each other: each says which server it is.")
            % {"scheduler": scheduler},
            "stickiness-with-hash",
            "stickiness",
            _("Switch stickiness off, or choose wrr, rr or wlc."),
        )


def _refuse_slow_start(values: Mapping[str, Any]) -> None:
    if values["slow_start_seconds"] and values["scheduler"] != Scheduler.WEIGHTED_ROUND_ROBIN:
        raise _refused(
            _("Slow start goes with the scheduler wrr only: it raises the weight of a new server step by step."),
            "slow-start-without-wrr",
            "slow_start_seconds",
            _("Choose wrr, or 0 for no slow start."),
        )


def _refuse_drain(protocol: str, values: Mapping[str, Any]) -> None:
    if protocol in STREAMS and values["connection_drain_seconds"]:
        raise _refused(
            _(
                "The engine ends the connections of a server that fails its check at once or not at all; it cannot give"
                " them %(seconds)s seconds. Those of a removed server end by themselves."
            )
            % {"seconds": values["connection_drain_seconds"]},
            "drain-unavailable",
            "connection_drain_seconds",
            _("Choose 0 to end them at once, or leave it out to let them end by themselves."),
        )
    if values["connection_drain_seconds"] == 0 and not values["health_check_enabled"]:
        raise _refused(
            _("Without a health check no server fails, so no connection would be ended."),
            "drain-without-check",
            "connection_drain_seconds",
            _("Switch the health check on, or leave it out."),
        )


def _refuse_verification(values: Mapping[str, Any], addresses: Collection[str]) -> None:
    if not values["verify_servers"] or values["ca_certificate_id"] or values["server_name"]:
        return
    if any(map(is_ip_address, addresses)):
        raise _refused(
            _(
                "Servers are verified by the public authorities, and some have only an IP address: any certificate that"
                " somebody bought would pass."
            ),
            "server-name-missing",
            "server_name",
            _("Give the name that the servers' certificates have, choose your own CA certificate, or use host names."),
        )


def _refuse_check(protocol: str, backends: Backends, values: dict[str, Any]) -> None:
    check = values["health_check_protocol"]
    if check not in backends.checks:
        raise _refused(_check_rule(protocol, check), "health-check-invalid", "health_check_protocol", _checks(backends))
    if methods := methods_of(check):
        if values["health_check_method"] not in methods:
            raise _refused(
                _("A health check by %(check)s cannot use the method %(method)s: it sends no body.")
                % {"check": check, "method": values["health_check_method"]},
                "health-check-invalid",
                "health_check_method",
                _("Choose %(methods)s.") % {"methods": _(" or ").join(methods)},
            )
        _refuse_codes(values["health_check_codes"])


def _refuse_codes(codes: Collection[str]) -> None:
    if GRPC_OK in codes:
        raise _refused(
            _("The code 0 is of gRPC; answers by HTTP are judged by classes."),
            "health-check-invalid",
            "health_check_codes",
            _("Choose among %(codes)s.") % {"codes": ", ".join(CODES)},
        )


def _check_rule(protocol: str, check: str) -> str:
    told = {"protocol": protocol, "check": check}
    if check == Check.GRPC:
        return (
            _("A server group for %(protocol)s cannot be checked by gRPC, which needs servers that speak HTTP/2.")
            % told
        )
    return _("A server group for %(protocol)s cannot be checked by %(check)s.") % told


def _checks(backends: Backends) -> str:
    return _("Choose %(checks)s.") % {"checks": _(" or ").join(backends.checks)}


def _method_of(values: Mapping[str, Any]) -> str:
    """Return a method that goes with the check where none is given with it."""
    methods = methods_of(values["health_check_protocol"])
    method = str(values["health_check_method"])
    return methods[0] if methods and method not in methods else method
