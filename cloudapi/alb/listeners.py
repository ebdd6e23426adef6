"""Listeners of ALB."""

from collections.abc import Mapping
from typing import Any

from cloudapi.alb.header_settings import CONFIG, header_settings, header_words
from cloudapi.alb.load_balancers import balancer_of
from cloudapi.alb.product import ALB, job
from cloudapi.errors import CloudError
from cloudapi.identifiers import certificate_id
from cloudapi.listener_changes import Change, change_listener, only_one
from cloudapi.listener_words import listener_pk, named_certificates, status_of
from cloudapi.lists import TAG, TAG_FILTER, in_region, page, paging, with_ids, with_tags
from cloudapi.operations import Answer, Call
from cloudapi.tagging import given_tags, tag_list
from cloudapi.wire.fields import Field, flag, integer, struct, structs, text, texts
from listeners import selectors, services
from listeners.models import Listener, Product

PROTOCOLS = ("HTTP", "HTTPS", "QUIC")
ORDER = ("load_balancer_id", "port", "transport")
LISTENER_ID = text("ListenerId", required=True)
UPDATE = job("listener", "Update", "ListenerId")
_ONE = "InvalidParameter"
# Ours by theirs, where a value goes over as it is.
_SETTINGS = {
    "ListenerDescription": "name",
    "RequestTimeout": "request_timeout_seconds",
    "IdleTimeout": "idle_timeout_seconds",
    "GzipEnabled": "compression_enabled",
    "Http2Enabled": "http2_enabled",
    "SecurityPolicyId": "security_policy",
}


def certificates(name: str, most: int) -> Field:
    """Return a field with a list of certificates."""
    return structs(name, text("CertificateId", required=True), most=most)


def _settings(*, required_action: bool) -> tuple[Field, ...]:
    """Return the fields that a new listener and a changed one have alike."""
    groups = structs("ServerGroupTuples", text("ServerGroupId", required=True), required=True)
    return (
        text("ListenerDescription", high=256),
        integer("RequestTimeout", 1),
        integer("IdleTimeout", 1),
        flag("GzipEnabled"),
        flag("Http2Enabled"),
        text("SecurityPolicyId"),
        flag("CaEnabled"),
        CONFIG,
        struct("QuicConfig", text("QuicListenerId"), flag("QuicUpgradeEnabled")),
        certificates("Certificates", 2),
        certificates("CaCertificates", 2),
        structs(
            "DefaultActions",
            text("Type", required=True, choices=("ForwardGroup",)),
            struct("ForwardGroupConfig", groups, required=True),
            required=required_action,
            most=1,
        ),
    )


def listener_of(call: Call) -> Listener:
    """Return the listener that a request names, if it is one of an ALB."""
    listener = selectors.served_listener_by_id(listener_pk(call.given["ListenerId"]))
    balancer = listener.load_balancer
    if balancer.product != Product.ALB or call.region not in {"", balancer.region}:
        raise CloudError("ResourceNotFound.Listener", f"There is no listener {call.given['ListenerId']} of ALB.", 404)
    return listener


def _named(call: Call, name: str) -> str | None:
    return only_one([each["CertificateId"] for each in call.given.get(name, ())], _ONE)


@ALB.write(
    "CreateListener",
    text("LoadBalancerId", required=True),
    text("ListenerProtocol", required=True, choices=PROTOCOLS),
    integer("ListenerPort", 1, 65_535, required=True),
    *_settings(required_action=True),
    TAG,
    job=job("listener", "Create", "ListenerId"),
)
def create_listener(call: Call) -> Answer:
    """Create a listener; it serves as soon as the nodes have followed."""
    given = call.given
    balancer = balancer_of(call)
    default, authority = _named(call, "Certificates"), _named(call, "CaCertificates")
    fields = _own_fields(given)
    if "XForwardedForConfig" in given:
        fields["forwarded_headers"] = header_settings(given["XForwardedForConfig"])
    listener = services.create_listener(
        call.actor,
        load_balancer_id=balancer.pk,
        port=given["ListenerPort"],
        protocol=given["ListenerProtocol"],
        tags=given_tags(call),
        certificate_id=certificate_id(default) if default else None,
        mutual_authentication=given.get("CaEnabled", False),
        ca_certificate_id=certificate_id(authority) if authority and given.get("CaEnabled") else None,
        **fields,
    )
    return {"ListenerId": listener.pk}


def _own_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {ours: given[theirs] for theirs, ours in _SETTINGS.items() if theirs in given}
    if "DefaultActions" in given:
        groups = given["DefaultActions"][0]["ForwardGroupConfig"]["ServerGroupTuples"]
        if len(groups) > 1:
            raise CloudError(_ONE, "The default action forwards to one server group; rules can name several.")
        fields["server_group_id"] = groups[0]["ServerGroupId"]
    quic = given.get("QuicConfig", {})
    if quic.get("QuicUpgradeEnabled"):
        fields["quic_listener_id"] = listener_pk(quic.get("QuicListenerId", "")) or None
    elif quic.get("QuicUpgradeEnabled") is False:
        fields["quic_listener_id"] = None
    return fields


@ALB.write("UpdateListenerAttribute", LISTENER_ID, *_settings(required_action=False), job=UPDATE)
def update_listener(call: Call) -> None:
    """Change a listener and its certificates."""
    listener, given = listener_of(call), call.given
    change = Change(
        _own_fields(given), _named(call, "Certificates"), given.get("CaEnabled"), _named(call, "CaCertificates")
    )
    change_listener(call, listener.pk, change)
    if "XForwardedForConfig" in given:
        settings = header_settings(given["XForwardedForConfig"])
        services.set_forwarded_headers(call.actor, listener.pk, **settings)


@ALB.read("GetListenerAttribute", LISTENER_ID)
def get_listener(call: Call) -> Answer:
    """Show a listener."""
    listener = listener_of(call)
    named = named_certificates([listener])[listener.pk]
    return {
        **_told(listener),
        "Certificates": _listed(named.default),
        "CaCertificates": _listed(named.authority),
        "CaEnabled": listener.mutual_authentication,
        "AclConfig": {"AclRelations": [], "AclType": ""},
        "Tags": tag_list(selectors.tags_of("listener", [listener.pk]).get(listener.pk, {})),
    }


def _listed(identifier: str) -> list[dict[str, Any]]:
    return [{"CertificateId": identifier, "IsDefault": True, "Status": "Associated"}] if identifier else []


@ALB.read(
    "ListListeners",
    texts("ListenerIds", most=20),
    texts("LoadBalancerIds", most=21),
    text("ListenerProtocol", choices=PROTOCOLS),
    TAG_FILTER,
    *paging(),
)
def list_listeners(call: Call) -> Answer:
    """List listeners by load balancer and port."""
    given = call.given
    rows = selectors.served_listeners().filter(load_balancer__product=Product.ALB)
    rows = in_region(rows, "load_balancer__region", call.region)
    rows = with_ids(rows, "pk", [listener_pk(each) for each in given.get("ListenerIds", [])])
    rows = with_ids(rows, "load_balancer_id", given.get("LoadBalancerIds", []))
    rows = with_tags(rows, "listener", given.get("Tag", ()))
    if "ListenerProtocol" in given:
        rows = rows.filter(protocol=given["ListenerProtocol"])
    found, told = page(call, rows, ORDER)
    tags = selectors.tags_of("listener", [each.pk for each in found])
    return {"Listeners": [{**_told(each), "Tags": tag_list(tags.get(each.pk, {}))} for each in found], **told}


def _told(listener: Listener) -> dict[str, Any]:
    forward = {"ServerGroupTuples": [{"ServerGroupId": listener.server_group_id or ""}]}
    return {
        "ListenerId": listener.pk,
        "LoadBalancerId": listener.load_balancer_id,
        "ListenerProtocol": listener.protocol,
        "ListenerPort": listener.port,
        "ListenerDescription": listener.name,
        "ListenerStatus": status_of(listener),
        "DefaultActions": [{"Type": "ForwardGroup", "ForwardGroupConfig": forward}],
        "GzipEnabled": listener.compression_enabled,
        "Http2Enabled": listener.http2_enabled,
        "IdleTimeout": listener.idle_timeout_seconds,
        "RequestTimeout": listener.request_timeout_seconds,
        "SecurityPolicyId": listener.security_policy,
        "LogConfig": {
            "AccessLogRecordCustomizedHeadersEnabled": False,
            "AccessLogTracingConfig": {"TracingEnabled": False, "TracingSample": 0, "TracingType": ""},
        },
        "QuicConfig": {
            "QuicListenerId": listener.quic_listener_id or "",
            "QuicUpgradeEnabled": listener.quic_listener_id is not None,
        },
        "XForwardedForConfig": header_words(listener.forwarded_headers),
    }


@ALB.write(
    "DeleteListener",
    LISTENER_ID,
    job=job("listener", "Delete", "ListenerId"),
    codes={"listener.quic-linked": "400 ResourceInUse.Listener"},
)
def delete_listener(call: Call) -> None:
    """Delete a listener with its rules; its certificates and servers stay."""
    services.delete_listener(call.actor, listener_of(call).pk)


@ALB.write("StartListener", LISTENER_ID, job=UPDATE)
def start_listener(call: Call) -> None:
    """Have a listener accept connections."""
    services.start_listener(call.actor, listener_of(call).pk)


@ALB.write("StopListener", LISTENER_ID, job=UPDATE)
def stop_listener(call: Call) -> None:
    """Have a listener refuse new connections."""
    services.stop_listener(call.actor, listener_of(call).pk)
