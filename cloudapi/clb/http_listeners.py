"""HTTP and HTTPS listeners: create, change and describe them."""

from collections.abc import Callable, Mapping
from typing import Any

from cloudapi.clb.binding_ids import extension_id
from cloudapi.clb.finding import (
    BALANCER_ID,
    balancer_of,
    group_id_of,
    listener_of,
    shown_tags,
    tag_fields,
    tags_of_call,
)
from cloudapi.clb.listener_fields import (
    ENCRYPTED_FIELDS,
    LISTENER_FIELDS,
    header_values,
    listener_values,
    on_off,
    refuse_access_lists,
    shown_headers,
    shown_use,
    use_values,
)
from cloudapi.clb.product import PRODUCT
from cloudapi.clb.regional import certificate_for_listener, clb_identifiers
from cloudapi.clb.rule_answers import shown_rules
from cloudapi.clb.states import status_of
from cloudapi.extras import extras_of, keep_extras
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import integer, switch
from listeners import forwarded_headers, services
from listeners.models import Binding, Listener
from listeners.selectors import tags_of_one
from listeners.services.classic import Backends, create_classic_listener, update_classic_listener
from listeners.services.variants import settings_of, settled

LACKS = "access control lists are refused; Bandwidth is kept and returned, and limits nothing"
PORT = integer("ListenerPort", 1, 65_535, required=True)
BANDWIDTH = integer("Bandwidth", -1, 5120, kept=True)
_CREATE = (
    BALANCER_ID,
    PORT,
    integer("BackendServerPort", 1, 65_535, kept=True),
    *tag_fields(),
    *LISTENER_FIELDS,
)
_SET = (BALANCER_ID, PORT, BANDWIDTH, switch("VServerGroup"), *LISTENER_FIELDS)
_CREATE_CODES = {
    "quota.exceeded": "400 ListenerNumberOverLimit",
    "server-group.not-found": "400 InvalidParameter.VServerGroupId",
}
_SET_CODES = {"server-group.not-found": "400 InvalidParameter.VServerGroupId"}
_REQUIRED_BANDWIDTH = integer("Bandwidth", -1, 5120, kept=True, required=True)


@PRODUCT.write(
    "CreateLoadBalancerHTTPSListener",
    _REQUIRED_BANDWIDTH,
    *(field for field in _CREATE),
    *ENCRYPTED_FIELDS,
    lacks=LACKS,
    codes=_CREATE_CODES,
)
def create_https_listener(call: Call) -> None:
    """Create an HTTPS listener; it is stopped until it is started. A CA certificate asks clients for theirs."""
    _create(call, "HTTPS", _certificates)


def _certificates(call: Call) -> dict[str, Any]:
    """Return the certificates that a new listener is to have."""
    found: dict[str, Any] = {}
    if identifier := call.given.get("ServerCertificateId"):
        found["certificate_id"] = certificate_for_listener(call, identifier)
    if identifier := call.given.get("CACertificateId"):
        found["ca_certificate_id"] = certificate_for_listener(call, identifier)
        found["mutual_authentication"] = True
    return found


@PRODUCT.write(
    "CreateLoadBalancerHTTPListener",
    BANDWIDTH,
    *_CREATE,
    switch("ListenerForward"),
    integer("ForwardPort", 1, 65_535),
    lacks=LACKS,
    codes=_CREATE_CODES,
)
def create_http_listener(call: Call) -> None:
    """Create an HTTP listener; it is stopped until it is started. With a forward port all requests go to HTTPS."""
    _create(call, "HTTP", lambda _call: {})


def _create(call: Call, protocol: str, certificates: Callable[[Call], Mapping[str, Any]]) -> None:
    _require(call, "HealthCheck")
    refuse_access_lists(call)
    balancer = balancer_of(call)
    if balancer.listeners.filter(port=call.given["ListenerPort"], transport=Listener.Transport.TCP).exists():
        raise call.error("ListenerAlreadyExists", f"A listener has port {call.given['ListenerPort']} already.")
    listener = create_classic_listener(
        call.actor,
        load_balancer_id=balancer.pk,
        port=call.given["ListenerPort"],
        protocol=protocol,
        backends=_backends(call),
        tags=tags_of_call(call),
        forwarded_headers=header_values(call.given),
        **certificates(call),
        **listener_values(call.given),
    )
    keep_extras(call, "listener", listener.pk)


def _require(call: Call, name: str) -> None:
    if name not in call.given and not call.given.get("ListenerForward"):
        raise call.error("MissingParameter", f"The parameter {name} is missing.")


def _backends(call: Call) -> Backends:
    """Return where requests go, as far as a request says."""
    if call.given.get("ListenerForward"):
        return Backends(redirect_port=call.given.get("ForwardPort", 443))
    if group_id := call.given.get("VServerGroupId"):
        return Backends(server_group_id=group_id, settings=use_values(call))
    return Backends(port=call.given.get("BackendServerPort"), settings=use_values(call))


@PRODUCT.write("SetLoadBalancerHTTPSListenerAttribute", *_SET, *ENCRYPTED_FIELDS, lacks=LACKS, codes=_SET_CODES)
def set_https_listener(call: Call) -> None:
    """Change an HTTPS listener: what is not given stays. An empty CA certificate ends mutual authentication."""
    listener = _set(call, "HTTPS")
    if identifier := call.given.get("ServerCertificateId"):
        certificate_id = certificate_for_listener(call, identifier)
        services.change_default_certificate(call.actor, listener.pk, certificate_id=certificate_id)
    if "CACertificateId" in call.given:
        identifier = call.given["CACertificateId"]
        authority = certificate_for_listener(call, identifier) if identifier else None
        services.set_mutual_authentication(
            call.actor, listener.pk, enabled=authority is not None, ca_certificate_id=authority
        )


@PRODUCT.write("SetLoadBalancerHTTPListenerAttribute", *_SET, lacks=LACKS, codes=_SET_CODES)
def set_http_listener(call: Call) -> None:
    """Change an HTTP listener: what is not given stays."""
    _set(call, "HTTP")


def _set(call: Call, protocol: str) -> Listener:
    refuse_access_lists(call)
    listener = listener_of(call, (protocol,))
    if headers := header_values(call.given):
        services.set_forwarded_headers(call.actor, listener.pk, **headers)
    backends = Backends(port=_port_to_go_back_to(call, listener), settings=use_values(call))
    if call.given.get("VServerGroup") is not False and call.given.get("VServerGroupId"):
        backends = Backends(server_group_id=call.given["VServerGroupId"], settings=backends.settings)
    update_classic_listener(call.actor, listener.pk, backends=backends, **listener_values(call.given))
    keep_extras(call, "listener", listener.pk)
    return listener


def _port_to_go_back_to(call: Call, listener: Listener) -> int | None:
    """Return the port of the default servers where a listener is to leave its server group for them."""
    if call.given.get("VServerGroup") is not False:
        return None
    port = extras_of("listener", [listener.pk])[listener.pk].get("BackendServerPort")
    if port is None:
        raise call.error(
            "InvalidParameter", "The listener was created without BackendServerPort: it needs a VServerGroup."
        )
    return int(port)


@PRODUCT.read("DescribeLoadBalancerHTTPSListenerAttribute", BALANCER_ID, PORT)
def describe_https_listener(call: Call) -> Answer:
    """Show an HTTPS listener with its certificates, domain extensions and rules."""
    listener = listener_of(call, ("HTTPS",))
    return {
        **_whole(listener),
        **encrypted_facts(listener),
        "DomainExtensions": {"DomainExtension": shown_extensions(listener)},
    }


@PRODUCT.read("DescribeLoadBalancerHTTPListenerAttribute", BALANCER_ID, PORT)
def describe_http_listener(call: Call) -> Answer:
    """Show an HTTP listener with its rules."""
    listener = listener_of(call, ("HTTP",))
    return {**_whole(listener), **forward_facts(listener)}


def _whole(listener: Listener) -> dict[str, Any]:
    return {
        **listener_facts(listener, extras_of("listener", [listener.pk])[listener.pk]),
        **request_facts(listener),
        "SecurityStatus": "off",
        "Rules": {"Rule": [_outline(rule) for rule in shown_rules(listener)]},
        "Tags": shown_tags(tags_of_one("listener", listener.pk)),
    }


def _outline(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rule[name] for name in ("RuleId", "RuleName", "Domain", "Url", "VServerGroupId")}


def listener_facts(listener: Listener, extras: Mapping[str, Any]) -> dict[str, Any]:
    """Return what listeners of every protocol have."""
    group = listener.server_group
    port = group.backend_port if group and group.backend_port else extras.get("BackendServerPort")
    return {
        "LoadBalancerId": listener.load_balancer_id,
        "ListenerPort": listener.port,
        "Status": status_of(listener),
        "Description": listener.name,
        "Bandwidth": extras.get("Bandwidth", -1),
        "VServerGroupId": group_id_of(group),
        "AclStatus": "off",
        **({"BackendServerPort": port} if port else {}),
    }


def request_facts(listener: Listener) -> dict[str, Any]:
    """Return what HTTP and HTTPS listeners have."""
    headers = forwarded_headers.read(listener.forwarded_headers)
    settings = settings_of(listener.server_group) if listener.server_group else settled({}, {})
    return {
        "Gzip": on_off(listener.compression_enabled),
        "IdleTimeout": listener.idle_timeout_seconds,
        "RequestTimeout": listener.request_timeout_seconds,
        **shown_headers(headers, with_certificate=listener.protocol == Listener.Protocol.HTTPS),
        **shown_use(settings),
    }


def forward_facts(listener: Listener) -> dict[str, Any]:
    """Return whether an HTTP listener sends all requests to HTTPS, and where."""
    port = listener.redirect_port
    return {"ListenerForward": on_off(port is not None), **({"ForwardPort": port} if port else {})}


def encrypted_facts(listener: Listener) -> dict[str, Any]:
    """Return what HTTPS listeners have."""
    bound = dict(listener.bindings.filter(domain="").values_list("role", "certificate_id"))
    named = clb_identifiers(list(bound.values()), listener.load_balancer.region)
    authority = bound.get(Binding.Role.CA)
    return {
        "ServerCertificateId": named.get(bound.get(Binding.Role.DEFAULT, ""), ""),
        "CACertificateId": named.get(authority or "", ""),
        "EnableHttp2": on_off(listener.http2_enabled),
        "TLSCipherPolicy": listener.security_policy,
    }


def shown_extensions(listener: Listener) -> list[dict[str, str]]:
    """Return the domain extensions of a listener."""
    bindings = list(listener.bindings.exclude(domain="").order_by("id"))
    named = clb_identifiers([each.certificate_id for each in bindings], listener.load_balancer.region)
    return [
        {
            "DomainExtensionId": extension_id(each.pk),
            "Domain": each.domain,
            "ServerCertificateId": named.get(each.certificate_id, ""),
        }
        for each in bindings
    ]
