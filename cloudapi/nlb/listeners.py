"""Listeners of NLB."""

from collections.abc import Mapping
from typing import Any

from cloudapi.errors import CloudError
from cloudapi.extras import extras_of, keep_extras
from cloudapi.identifiers import certificate_id
from cloudapi.listener_changes import Change, change_listener, only_one
from cloudapi.listener_words import REASONS, Named, listener_pk, named_certificates, not_normal, server_words, status_of
from cloudapi.lists import TAG, TAG_FILTER, in_region, page, paging, with_extra, with_ids, with_tags
from cloudapi.nlb.load_balancers import balancer_of
from cloudapi.nlb.product import NLB, job
from cloudapi.operations import Answer, Call
from cloudapi.tagging import given_tags, tag_list
from cloudapi.wire.fields import Field, flag, integer, struct, text, texts
from listeners import selectors, services
from listeners.models import Listener, Product

PROTOCOLS = ("TCP", "UDP", "TCPSSL")
ORDER = ("load_balancer_id", "port", "transport")
LISTENER_ID = text("ListenerId", required=True)
UPDATE = job("listener", "Update", "ListenerId")
_ALPN = ("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred")
_PPV2 = ("Ppv2VpcIdEnabled", "Ppv2PrivateLinkEpIdEnabled", "Ppv2PrivateLinkEpsIdEnabled")
_PORT_RANGES = "a listener has one port: StartPort and EndPort with ListenerPort 0 are refused"
_KEPT = "Mss, SecSensorEnabled and ProxyProtocolV2Config are kept and returned, and do nothing"
# Ours by theirs, where a value goes over as it is.
_SETTINGS = {
    "ListenerDescription": "name",
    "ServerGroupId": "server_group_id",
    "SecurityPolicyId": "security_policy",
    "IdleTimeout": "idle_timeout_seconds",
    "ProxyProtocolEnabled": "proxy_protocol_enabled",
    "Cps": "connections_per_second",
}


def _settings(*, required_group: bool) -> tuple[Field, ...]:
    """Return the fields that a new listener and a changed one have alike."""
    return (
        text("ListenerDescription", high=256),
        text("ServerGroupId", required=required_group),
        integer("IdleTimeout", 10, 3600),
        text("SecurityPolicyId"),
        texts("CertificateIds", most=10),
        texts("CaCertificateIds", most=10),
        flag("CaEnabled"),
        flag("ProxyProtocolEnabled"),
        flag("SecSensorEnabled", kept=True),
        flag("AlpnEnabled"),
        text("AlpnPolicy", choices=_ALPN),
        integer("Cps", 0, 1_000_000),
        integer("Mss", 0, 1500, kept=True),
        struct("ProxyProtocolV2Config", *(flag(name) for name in _PPV2), kept=True),
    )


def listener_id(listener: Listener) -> str:
    """Return the id that this product gives a listener."""
    return f"{listener.pk}@{listener.port}"


def listener_of(call: Call) -> Listener:
    """Return the listener that a request names, if it is one of an NLB and of the region that is asked for."""
    listener = selectors.served_listener_by_id(listener_pk(call.given["ListenerId"]))
    balancer = listener.load_balancer
    if balancer.product != Product.NLB or call.region not in {"", balancer.region}:
        raise CloudError("ResourceNotFound.listener", f"There is no listener {call.given['ListenerId']} of NLB.", 404)
    return listener


@NLB.write(
    "CreateListener",
    text("LoadBalancerId", required=True),
    text("ListenerProtocol", required=True, choices=PROTOCOLS),
    integer("ListenerPort", 0, 65_535, required=True),
    *_settings(required_group=True),
    integer("StartPort", 0, 65_535),
    integer("EndPort", 0, 65_535),
    TAG,
    job=job("listener", "Create", "ListenerId"),
    lacks=f"{_PORT_RANGES}; {_KEPT}",
)
def create_listener(call: Call) -> Answer:
    """Create a listener; it serves as soon as the nodes have followed."""
    given = call.given
    if given["ListenerPort"] == 0 or "StartPort" in given or "EndPort" in given:
        raise CloudError("IllegalParam.Port", f"This installation has no port ranges: {_PORT_RANGES}.")
    balancer = balancer_of(call)
    default = only_one(given.get("CertificateIds", []), "IllegalParamSize.certificateIds")
    authority = only_one(given.get("CaCertificateIds", []), "IllegalParamSize.caCertificateIds")
    listener = services.create_listener(
        call.actor,
        load_balancer_id=balancer.pk,
        port=given["ListenerPort"],
        protocol=given["ListenerProtocol"],
        tags=given_tags(call),
        certificate_id=certificate_id(default) if default else None,
        mutual_authentication=given.get("CaEnabled", False),
        ca_certificate_id=certificate_id(authority) if authority and given.get("CaEnabled") else None,
        **_own_fields(given),
    )
    keep_extras(call, "listener", listener.pk)
    return {"ListenerId": listener_id(listener)}


def _own_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {ours: given[theirs] for theirs, ours in _SETTINGS.items() if theirs in given}
    if given.get("AlpnEnabled", True) and "AlpnPolicy" in given:
        fields["alpn_policy"] = given["AlpnPolicy"]
    elif given.get("AlpnEnabled") is False:
        fields["alpn_policy"] = ""
    return fields


@NLB.write("UpdateListenerAttribute", LISTENER_ID, *_settings(required_group=False), job=UPDATE, lacks=_KEPT)
def update_listener(call: Call) -> None:
    """Change a listener and its certificates."""
    listener, given = listener_of(call), call.given
    if given.get("AlpnEnabled") and not (given.get("AlpnPolicy") or listener.alpn_policy):
        raise CloudError("MissingParam.AlpnPolicy", "AlpnEnabled needs an AlpnPolicy.")
    change = Change(
        _own_fields(given),
        only_one(given.get("CertificateIds", []), "IllegalParamSize.certificateIds"),
        given.get("CaEnabled"),
        only_one(given.get("CaCertificateIds", []), "IllegalParamSize.caCertificateIds"),
    )
    change_listener(call, listener.pk, change)
    keep_extras(call, "listener", listener.pk)


@NLB.read("GetListenerAttribute", LISTENER_ID)
def get_listener(call: Call) -> Answer:
    """Show a listener."""
    listener = listener_of(call)
    extra = extras_of("listener", [listener.pk])[listener.pk]
    named = named_certificates([listener])[listener.pk]
    tags = selectors.tags_of("listener", [listener.pk]).get(listener.pk, {})
    return {**_told(listener, named, extra), "Tags": tag_list(tags, "TagKey", "TagValue")}


@NLB.read(
    "ListListeners",
    texts("ListenerIds", most=20),
    texts("LoadBalancerIds", most=20),
    text("ListenerProtocol", choices=PROTOCOLS),
    flag("SecSensorEnabled"),
    TAG_FILTER,
    *paging(),
)
def list_listeners(call: Call) -> Answer:
    """List listeners by load balancer and port."""
    given = call.given
    rows = selectors.served_listeners().filter(load_balancer__product=Product.NLB)
    rows = in_region(rows, "load_balancer__region", call.region)
    rows = with_ids(rows, "pk", [listener_pk(each) for each in given.get("ListenerIds", [])])
    rows = with_ids(rows, "load_balancer_id", given.get("LoadBalancerIds", []))
    rows = with_tags(rows, "listener", given.get("Tag", ()))
    if "ListenerProtocol" in given:
        rows = rows.filter(protocol=given["ListenerProtocol"])
    if "SecSensorEnabled" in given:
        rows = with_extra(rows, "listener", "SecSensorEnabled", [given["SecSensorEnabled"]], unsaid=False)
    found, told = page(call, rows, ORDER)
    ids = [each.pk for each in found]
    named, extras, tags = named_certificates(found), extras_of("listener", ids), selectors.tags_of("listener", ids)
    listed = [
        {**_told(each, named[each.pk], extras[each.pk]), "Tags": tag_list(tags.get(each.pk, {}))} for each in found
    ]
    return {"Listeners": listed, **told}


def _told(listener: Listener, named: Named, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "RegionId": listener.load_balancer.region,
        "LoadBalancerId": listener.load_balancer_id,
        "ListenerId": listener_id(listener),
        "ListenerProtocol": listener.protocol,
        "ListenerPort": listener.port,
        "StartPort": "",
        "EndPort": "",
        "ListenerDescription": listener.name,
        "ServerGroupId": listener.server_group_id or "",
        "IdleTimeout": listener.idle_timeout_seconds,
        "SecurityPolicyId": listener.security_policy,
        "CertificateIds": [named.default] if named.default else [],
        "CaCertificateIds": [named.authority] if named.authority else [],
        "CaEnabled": listener.mutual_authentication,
        "AlpnEnabled": bool(listener.alpn_policy),
        "AlpnPolicy": listener.alpn_policy,
        "ProxyProtocolEnabled": listener.proxy_protocol_enabled,
        "ProxyProtocolV2Config": dict.fromkeys(_PPV2, False) | extra.get("ProxyProtocolV2Config", {}),
        "SecSensorEnabled": extra.get("SecSensorEnabled", False),
        "ListenerStatus": status_of(listener),
        "Cps": listener.connections_per_second,
        "Mss": extra.get("Mss", 0),
    }


@NLB.write("DeleteListener", LISTENER_ID, job=job("listener", "Delete", "ListenerId"))
def delete_listener(call: Call) -> None:
    """Delete a listener; its certificates and servers stay."""
    services.delete_listener(call.actor, listener_of(call).pk)


@NLB.write("StartListener", LISTENER_ID, job=UPDATE)
def start_listener(call: Call) -> None:
    """Have a listener accept connections."""
    services.start_listener(call.actor, listener_of(call).pk)


@NLB.write("StopListener", LISTENER_ID, job=UPDATE)
def stop_listener(call: Call) -> None:
    """Have a listener refuse new connections."""
    services.stop_listener(call.actor, listener_of(call).pk)


@NLB.read("GetListenerHealthStatus", LISTENER_ID)
def get_health(call: Call) -> Answer:
    """Tell which servers behind a listener are not healthy, and why."""
    listener = listener_of(call)
    group = listener.server_group
    groups = [group] if group else []
    extras, sick = extras_of("server_group", [each.pk for each in groups]), not_normal(groups, listener)
    infos = [
        {
            "HeathCheckEnabled": each.health_check_enabled,  # spelt so by the cloud
            "ServerGroupId": each.pk,
            "NonNormalServers": [
                {
                    **{
                        name: value
                        for name, value in server_words(health.server, extras[each.pk]).items()
                        if name != "ServerType"
                    },
                    "Status": "Unhealthy" if health.state == health.State.UNHEALTHY else "Initial",
                    "Reason": {"ReasonCode": REASONS.get(health.Reason(health.reason), "") if health.reason else ""},
                }
                for health in sick.get(each.pk, [])
            ],
        }
        for each in groups
    ]
    told = {
        "ListenerId": listener_id(listener),
        "ListenerPort": listener.port,
        "ListenerProtocol": listener.protocol,
        "ServerGroupInfos": infos,
    }
    return {"ListenerHealthStatus": [told], "TotalCount": 1, "MaxResults": 20, "NextToken": ""}
