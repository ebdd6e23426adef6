"""The many flat parameters of HTTP and HTTPS listeners and of rules, and what they mean for our services."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cloudapi.errors import CloudError
from cloudapi.operations import Call
from cloudapi.wire.fields import Field, integer, switch, text
from listeners.forwarded_headers import ForwardedFor, ForwardedHeaders

SAME_PORT = -520  # what this product says for "the server's own port"
SERVERS_OWN_ADDRESS = "$_ip"
_SCHEDULERS = ("wrr", "wlc", "rr", "sch")

# How servers are used: of a listener, or of a rule that has settings of its own.
USE_FIELDS: tuple[Field, ...] = (
    text("Scheduler", choices=_SCHEDULERS),
    switch("StickySession"),
    text("StickySessionType", choices=("insert", "server")),
    integer("CookieTimeout", 1, 86_400),
    text("Cookie", high=200),
    switch("HealthCheck"),
    text("HealthCheckMethod", choices=("head", "get")),
    text("HealthCheckDomain", high=80),
    text("HealthCheckURI", high=80),
    integer("HealthyThreshold"),
    integer("UnhealthyThreshold"),
    integer("HealthCheckTimeout", 1, 300),
    integer("HealthCheckInterval", 1, 50),
    integer("HealthCheckConnectPort", SAME_PORT, 65_535),
    text("HealthCheckHttpCode"),
)
_HEADER_SWITCHES: Mapping[str, str] = MappingProxyType(
    {
        "XForwardedFor_SLBIP": "load_balancer_address",
        "XForwardedFor_SLBID": "load_balancer_id",
        "XForwardedFor_proto": "proto",
        "XForwardedFor_SLBPORT": "port",
        "XForwardedFor_ClientSrcPort": "client_port",
    }
)
_CERTIFICATE_SWITCHES: Mapping[str, str] = MappingProxyType(
    {
        "XForwardedFor_ClientCertSubjectDN": "subjectdn",
        "XForwardedFor_ClientCertIssuerDN": "issuerdn",
        "XForwardedFor_ClientCertFingerprint": "fingerprint",
        "XForwardedFor_ClientCertClientVerify": "clientverify",
    }
)
LISTENER_FIELDS: tuple[Field, ...] = (
    *USE_FIELDS,
    switch("XForwardedFor"),
    *(switch(name) for name in _HEADER_SWITCHES),
    switch("Gzip"),
    switch("AclStatus"),
    text("AclId"),
    text("AclType", choices=("white", "black")),
    text("Description", high=256),
    integer("IdleTimeout"),
    integer("RequestTimeout"),
    text("VServerGroupId"),
)
ENCRYPTED_FIELDS: tuple[Field, ...] = (
    text("ServerCertificateId"),
    text("CACertificateId"),
    switch("EnableHttp2"),
    text("TLSCipherPolicy"),
)
_PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "Gzip": "compression_enabled",
        "Description": "name",
        "IdleTimeout": "idle_timeout_seconds",
        "RequestTimeout": "request_timeout_seconds",
        "EnableHttp2": "http2_enabled",
        "TLSCipherPolicy": "security_policy",
    }
)
_USE: Mapping[str, tuple[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "Scheduler": ("scheduler", str),
        "HealthCheck": ("health_check_enabled", bool),
        "HealthCheckMethod": ("health_check_method", str.upper),
        "HealthCheckDomain": ("health_check_host", lambda value: "" if value == SERVERS_OWN_ADDRESS else value),
        "HealthCheckURI": ("health_check_path", str),
        "HealthyThreshold": ("healthy_threshold", int),
        "UnhealthyThreshold": ("unhealthy_threshold", int),
        "HealthCheckTimeout": ("health_check_timeout_seconds", int),
        "HealthCheckInterval": ("health_check_interval_seconds", int),
        "HealthCheckConnectPort": ("health_check_port", lambda value: max(value, 0)),
        "HealthCheckHttpCode": ("health_check_codes", lambda value: value.split(",")),
    }
)


def listener_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a listener that a request gives, by our names."""
    return {ours: given[theirs] for theirs, ours in _PLAIN.items() if theirs in given}


def header_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of request headers that a request gives, by our names."""
    values = {ours: given[theirs] for theirs, ours in _HEADER_SWITCHES.items() if theirs in given}
    if "XForwardedFor" in given:
        values["forwarded_for"] = (ForwardedFor.APPEND if given["XForwardedFor"] else ForwardedFor.KEEP).value
    return values


def use_values(call: Call) -> dict[str, Any]:
    """Return how the servers are to be used, as far as the request says, by our names.

    Details of stickiness mean nothing while it is off, and are passed over then as the cloud does. Raises CloudError
    where stickiness lacks what its type needs.
    """
    given = call.given
    values = {ours: turned(given[theirs]) for theirs, (ours, turned) in _USE.items() if theirs in given}
    if given.get("StickySession") is False:
        values["stickiness"] = ""
    elif given.get("StickySession") or "StickySessionType" in given:
        values |= _sticky_values(given)
    else:
        details = {"CookieTimeout": "cookie_timeout_seconds", "Cookie": "cookie"}
        values |= {ours: given[theirs] for theirs, ours in details.items() if theirs in given}
    return values


def _sticky_values(given: Mapping[str, Any]) -> dict[str, Any]:
    kind = given.get("StickySessionType")
    needed = {"insert": "CookieTimeout", "server": "Cookie"}.get(str(kind), "StickySessionType")
    if not given.get(needed):
        raise CloudError("MissingParameter", f"{needed} is missing, which StickySession=on needs.")
    detail = {"insert": "cookie_timeout_seconds", "server": "cookie"}[str(kind)]
    return {"stickiness": kind, detail: given[needed]}


def refuse_access_lists(call: Call) -> None:
    """Refuse access control lists, which listeners here do not have."""
    if call.given.get("AclStatus") or call.given.get("AclId"):
        raise call.error("AclNotExist", "There are no access control lists here. Leave AclId out, and AclStatus off.")


def shown_headers(headers: ForwardedHeaders, *, with_certificate: bool) -> dict[str, str]:
    """Return the switches of request headers as the product answers them."""
    names = {**_HEADER_SWITCHES, **(_CERTIFICATE_SWITCHES if with_certificate else {})}
    return {
        "XForwardedFor": on_off(headers.forwarded_for == ForwardedFor.APPEND),
        **{theirs: on_off(getattr(headers, ours)) for theirs, ours in names.items()},
    }


def shown_use(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return how servers are used as the product answers it."""
    sticky = settings["stickiness"]
    shown = {"Scheduler": settings["scheduler"], "StickySession": on_off(bool(sticky))}
    if sticky:
        shown["StickySessionType"] = sticky
        shown |= (
            {"CookieTimeout": settings["cookie_timeout_seconds"]}
            if sticky == "insert"
            else {"Cookie": settings["cookie"]}
        )
    return shown | _shown_check(settings)


def _shown_check(settings: Mapping[str, Any]) -> dict[str, Any]:
    if not settings["health_check_enabled"]:
        return {"HealthCheck": "off"}
    return {
        "HealthCheck": "on",
        "HealthCheckMethod": settings["health_check_method"].lower(),
        "HealthCheckDomain": settings["health_check_host"],
        "HealthCheckURI": settings["health_check_path"],
        "HealthyThreshold": settings["healthy_threshold"],
        "UnhealthyThreshold": settings["unhealthy_threshold"],
        "HealthCheckTimeout": settings["health_check_timeout_seconds"],
        "HealthCheckInterval": settings["health_check_interval_seconds"],
        "HealthCheckConnectPort": settings["health_check_port"] or SAME_PORT,
        "HealthCheckHttpCode": ",".join(settings["health_check_codes"]) or "http_2xx",
    }


def on_off(value: bool) -> str:  # noqa: FBT001 - a word for a flag
    """Return a flag as this product spells it."""
    return "on" if value else "off"
