"""Instances of NLB."""

from collections.abc import Mapping
from typing import Any

from cloudapi.errors import CloudError
from cloudapi.extras import extras_of, keep_extras
from cloudapi.lists import TAG, TAG_FILTER, in_region, in_zone, page, paging, with_extra, with_ids, with_tags
from cloudapi.nlb.product import NLB, job
from cloudapi.operations import Answer, Call
from cloudapi.tagging import given_tags, tag_list
from cloudapi.times import iso_minutes
from cloudapi.wire.fields import flag, integer, struct, structs, text, texts
from cloudapi.zones import bind_address, zone_answer
from console.ids import new_id
from listeners import selectors, services
from listeners.models import LoadBalancer, Product

BALANCER_ID = text("LoadBalancerId", required=True)
_PROTECTION = ("NonProtection", "ConsoleProtection")
_LACKS = (
    "networks, zones, EIPs, bandwidth and billing are kept and returned; listeners accept connections on the"
    " PrivateIPv4Address of the first zone that has one, else on every address of the machine; names are unique"
)
# Filters on what clients said of an instance, and what is answered where they said nothing.
_KEPT_FILTERS = {"AddressType": "Internet", "AddressIpVersion": "ipv4", "Ipv6AddressType": "", "ResourceGroupId": ""}
_ADDRESSES = ("AllocationId", "EniId", "Ipv6Address", "PublicIPv4Address")


def balancer_of(call: Call) -> LoadBalancer:
    """Return the instance that a request names, if it is an NLB of the region that is asked for."""
    named = call.given["LoadBalancerId"]
    # Without the counts that the console's page has; only where there is none, the other says so.
    balancer = selectors.find_load_balancer(named) or selectors.load_balancer_by_id(named)
    if balancer.product != Product.NLB or call.region not in {"", balancer.region}:
        raise CloudError(
            "ResourceNotFound.loadBalancer", f"There is no NLB {balancer.pk} in {call.region or 'any region'}.", 404
        )
    return balancer


@NLB.write(
    "CreateLoadBalancer",
    text("LoadBalancerType", choices=("network",), kept=True),
    text("LoadBalancerName"),
    text("AddressType", required=True, choices=("Internet", "Intranet"), kept=True),
    text("AddressIpVersion", choices=("ipv4", "DualStack"), kept=True),
    text("VpcId", required=True, kept=True),
    structs(
        "ZoneMappings",
        text("VSwitchId", required=True),
        text("ZoneId", required=True),
        text("PrivateIPv4Address"),
        text("AllocationId"),
        text("Ipv6Address"),
        texts("Ipv4LocalAddresses", most=8),
        texts("Ipv6LocalAddresses", most=8),
        required=True,
        most=10,
        kept=True,
    ),
    text("BandwidthPackageId", kept=True),
    struct("LoadBalancerBillingConfig", text("PayType", choices=("PostPay",)), kept=True),
    struct("DeletionProtectionConfig", flag("Enabled"), text("Reason", high=128)),
    struct("ModificationProtectionConfig", text("Status", choices=_PROTECTION), text("Reason", high=128)),
    text("ResourceGroupId", kept=True),
    TAG,
    lacks=_LACKS,
)
def create(call: Call) -> Answer:
    """Create an instance."""
    given = call.given
    deletion, modification = given.get("DeletionProtectionConfig", {}), given.get("ModificationProtectionConfig", {})
    balancer = services.create_load_balancer(
        call.actor,
        product=Product.NLB,
        name=given.get("LoadBalancerName") or new_id("nlb"),
        bind_address=bind_address(given["ZoneMappings"], "PrivateIPv4Address", "Ipv6Address"),
        region=call.region or None,
        tags=given_tags(call),
        deletion_protection=deletion.get("Enabled", False),
        deletion_protection_reason=deletion.get("Reason", ""),
        modification_protection=modification.get("Status") == "ConsoleProtection",
        modification_protection_reason=modification.get("Reason", ""),
    )
    keep_extras(call, "load_balancer", balancer.pk)
    return {"LoadbalancerId": balancer.pk, "OrderId": 0}  # spelt so by the cloud


@NLB.write(
    "UpdateLoadBalancerAttribute",
    BALANCER_ID,
    text("LoadBalancerName"),
    flag("CrossZoneEnabled", kept=True),
    integer("Cps", 0, 1_000_000, kept=True),
    job=job("loadbalancer", "Update", "LoadBalancerId"),
    lacks="CrossZoneEnabled and Cps are kept and returned; listeners have a limit on new connections of their own",
)
def update(call: Call) -> None:
    """Rename an instance."""
    balancer = balancer_of(call)
    if "LoadBalancerName" in call.given:
        services.update_load_balancer(call.actor, balancer.pk, name=call.given["LoadBalancerName"])
    keep_extras(call, "load_balancer", balancer.pk)


@NLB.write(
    "UpdateLoadBalancerProtection",
    BALANCER_ID,
    flag("DeletionProtectionEnabled"),
    text("DeletionProtectionReason", high=128),
    text("ModificationProtectionStatus", choices=_PROTECTION),
    text("ModificationProtectionReason", high=128),
)
def protect(call: Call) -> None:
    """Protect an instance from deletion, or from changes on pages."""
    given = call.given
    names = {
        "DeletionProtectionEnabled": "deletion_protection",
        "DeletionProtectionReason": "deletion_protection_reason",
        "ModificationProtectionReason": "modification_protection_reason",
    }
    fields = {ours: given[theirs] for theirs, ours in names.items() if theirs in given}
    if "ModificationProtectionStatus" in given:
        fields["modification_protection"] = given["ModificationProtectionStatus"] == "ConsoleProtection"
    services.update_load_balancer(call.actor, balancer_of(call).pk, **fields)


@NLB.write(
    "UpdateLoadBalancerAddressTypeConfig",
    BALANCER_ID,
    text("AddressType", required=True, choices=("Internet", "Intranet"), kept=True),
    structs("ZoneMappings", text("VSwitchId"), text("ZoneId"), text("AllocationId"), text("EipType"), most=10),
    job=job("loadbalancer", "Update", "LoadBalancerId"),
    lacks="the kind of address is kept and returned; the address stays",
)
def change_address_type(call: Call) -> None:
    """Keep another kind of address."""
    balancer = balancer_of(call)
    stored = extras_of("load_balancer", [balancer.pk])[balancer.pk].get("AddressType", "Internet")
    if stored == call.given["AddressType"]:
        raise CloudError("OperationDenied.AddressTypeNotChanged", f"The kind of address is {stored} already.")
    keep_extras(call, "load_balancer", balancer.pk)


@NLB.write("DeleteLoadBalancer", BALANCER_ID, job=job("loadbalancer", "Delete", "LoadBalancerId"))
def delete(call: Call) -> None:
    """Delete an instance with its listeners, unless it is protected."""
    services.delete_load_balancer(call.actor, balancer_of(call).pk, cascade=True)


@NLB.read("GetLoadBalancerAttribute", BALANCER_ID)
def get(call: Call) -> Answer:
    """Show an instance."""
    balancer = balancer_of(call)
    extra = extras_of("load_balancer", [balancer.pk])[balancer.pk]
    tags = selectors.tags_of("load_balancer", [balancer.pk]).get(balancer.pk, {})
    told = _told(balancer, extra)
    return {**told, "Cps": extra.get("Cps", 0), "Tags": tag_list(tags, "TagKey", "TagValue")}


@NLB.read(
    "ListLoadBalancers",
    text("LoadBalancerType"),
    text("ZoneId"),
    texts("VpcIds", most=10),
    *(text(name) for name in _KEPT_FILTERS),
    text("DNSName"),
    text("LoadBalancerStatus"),
    text("LoadBalancerBusinessStatus"),
    texts("LoadBalancerNames", most=20),
    texts("LoadBalancerIds", most=20),
    TAG_FILTER,
    *paging(),
)
def list_balancers(call: Call) -> Answer:
    """List instances by name."""
    given = call.given
    rows = in_region(LoadBalancer.objects.filter(product=Product.NLB), "region", call.region)
    rows = with_ids(rows, "pk", given.get("LoadBalancerIds", []))
    rows = with_tags(rows, "load_balancer", given.get("Tag", ()))
    if names := given.get("LoadBalancerNames"):
        rows = rows.filter(name__in=names)
    if given.get("VpcIds"):
        rows = with_extra(rows, "load_balancer", "VpcId", given["VpcIds"])
    for name, unsaid in _KEPT_FILTERS.items():
        if given.get(name):
            rows = with_extra(rows, "load_balancer", name, [given[name]], unsaid)
    if given.get("ZoneId"):
        rows = in_zone(rows, given["ZoneId"])
    if given.get("DNSName"):
        rows = rows.filter(bind_address=given["DNSName"])
    if (
        given.get("LoadBalancerStatus", "Active") != "Active"
        or given.get("LoadBalancerBusinessStatus", "Normal") != "Normal"
    ):
        rows = rows.none()
    found, told = page(call, rows, ("name",))
    ids = [each.pk for each in found]
    extras, tags = extras_of("load_balancer", ids), selectors.tags_of("load_balancer", ids)
    listed = [{**_told(each, extras[each.pk]), "Tags": tag_list(tags.get(each.pk, {}))} for each in found]
    return {"LoadBalancers": listed, **told}


def _told(balancer: LoadBalancer, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "RegionId": balancer.region,
        "LoadBalancerId": balancer.pk,
        "LoadBalancerName": balancer.name,
        "LoadBalancerType": "Network",
        "AddressType": extra.get("AddressType", "Internet"),
        "AddressIpVersion": extra.get("AddressIpVersion", "ipv4"),
        "Ipv6AddressType": extra.get("Ipv6AddressType", ""),
        "LoadBalancerStatus": "Active",
        "LoadBalancerBusinessStatus": "Normal",
        "OperationLocks": [],
        "VpcId": extra.get("VpcId", ""),
        "CreateTime": iso_minutes(balancer.created_at),
        "ResourceGroupId": extra.get("ResourceGroupId", ""),
        "DNSName": balancer.bind_address,
        "ZoneMappings": zone_answer(
            balancer, extra, "PrivateIPv4Address", *_ADDRESSES, lists=("Ipv4LocalAddresses", "Ipv6LocalAddresses")
        ),
        "BandwidthPackageId": extra.get("BandwidthPackageId", ""),
        "SecurityGroupIds": [],
        "CrossZoneEnabled": extra.get("CrossZoneEnabled", True),
        "LoadBalancerBillingConfig": extra.get("LoadBalancerBillingConfig", {"PayType": "PostPay"}),
        "DeletionProtectionConfig": {
            "Enabled": balancer.deletion_protection,
            "Reason": balancer.deletion_protection_reason,
            "EnabledTime": "",
        },
        "ModificationProtectionConfig": {
            "Status": _PROTECTION[balancer.modification_protection],
            "Reason": balancer.modification_protection_reason,
            "EnabledTime": "",
        },
    }
