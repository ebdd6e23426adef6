"""Instances of ALB."""

from collections.abc import Mapping
from typing import Any

from cloudapi.alb.product import ALB, job
from cloudapi.errors import CloudError
from cloudapi.extras import extras_of, keep_extras
from cloudapi.lists import TAG, TAG_FILTER, in_region, in_zone, page, paging, with_extra, with_ids, with_tags
from cloudapi.operations import Answer, Call
from cloudapi.tagging import given_tags, tag_list
from cloudapi.times import iso_minutes
from cloudapi.wire.fields import Field, flag, struct, structs, text, texts
from cloudapi.zones import bind_address, zone_answer
from console.ids import new_id
from listeners import selectors, services
from listeners.models import LoadBalancer, Product

BALANCER_ID = text("LoadBalancerId", required=True)
RESOURCE_ID = text("ResourceId", required=True)
EDITIONS = ("Basic", "Standard", "StandardWithWaf", "Extended")
_PROTECTION = ("NonProtection", "ConsoleProtection")
_MODIFICATION = struct("ModificationProtectionConfig", text("Status", choices=_PROTECTION), text("Reason", high=128))
_LACKS = (
    "networks, zones, EIPs, bandwidth and billing are kept and returned; listeners accept connections on the"
    " IntranetAddress of the first zone that has one, else on every address of the machine; names are unique"
)
# Filters on what clients said of an instance, and what is answered where they said nothing.
_KEPT_FILTERS = {"AddressType": "Internet", "AddressIpVersion": "IPv4", "Ipv6AddressType": "", "ResourceGroupId": ""}
_ADDRESSES = ("Address", "AllocationId", "EipType", "Ipv6Address")


def balancer_of(call: Call, name: str = "LoadBalancerId") -> LoadBalancer:
    """Return the instance that a request names, if it is an ALB of the region that is asked for."""
    named = call.given[name]
    # Without the counts that the console's page has; only where there is none, the other says so.
    balancer = selectors.find_load_balancer(named) or selectors.load_balancer_by_id(named)
    if balancer.product != Product.ALB or call.region not in {"", balancer.region}:
        raise CloudError(
            "ResourceNotFound.LoadBalancer", f"There is no ALB {balancer.pk} in {call.region or 'any region'}.", 404
        )
    return balancer


def _kept_zones() -> Field:
    names = ("AllocationId", "EipType", "IntranetAddress")
    parts = (text("VSwitchId", required=True), text("ZoneId", required=True), *(text(name) for name in names))
    return structs("ZoneMappings", *parts, required=True, most=10, kept=True)


@ALB.write(
    "CreateLoadBalancer",
    text("LoadBalancerEdition", required=True, choices=EDITIONS),
    text("AddressType", required=True, choices=("Internet", "Intranet"), kept=True),
    text("VpcId", required=True, kept=True),
    _kept_zones(),
    struct(
        "LoadBalancerBillingConfig",
        text("PayType", required=True, choices=("PostPay",)),
        text("BandwidthPackageId"),
        required=True,
        kept=True,
    ),
    text("LoadBalancerName"),
    flag("DeletionProtectionEnabled", default=False),
    _MODIFICATION,
    text("AddressAllocatedMode", choices=("Fixed", "Dynamic"), kept=True),
    text("AddressIpVersion", choices=("IPv4", "DualStack"), kept=True),
    text("ResourceGroupId", kept=True),
    TAG,
    lacks=_LACKS,
)
def create(call: Call) -> Answer:
    """Create an instance."""
    given = call.given
    balancer = services.create_load_balancer(
        call.actor,
        product=Product.ALB,
        edition=given["LoadBalancerEdition"],
        name=given.get("LoadBalancerName") or new_id("alb"),
        bind_address=bind_address(given["ZoneMappings"], "IntranetAddress"),
        region=call.region or None,
        tags=given_tags(call),
        deletion_protection=given["DeletionProtectionEnabled"],
        **_protection(given),
    )
    keep_extras(call, "load_balancer", balancer.pk)
    return {"LoadBalancerId": balancer.pk}


def _protection(given: Mapping[str, Any]) -> dict[str, Any]:
    config = given.get("ModificationProtectionConfig", {})
    fields: dict[str, Any] = {}
    if "Status" in config:
        fields["modification_protection"] = config["Status"] == "ConsoleProtection"
    if "Reason" in config:
        fields["modification_protection_reason"] = config["Reason"]
    return fields


@ALB.write(
    "UpdateLoadBalancerAttribute",
    BALANCER_ID,
    text("LoadBalancerName"),
    _MODIFICATION,
    job=job("loadbalancer", "Update", "LoadBalancerId"),
)
def update(call: Call) -> None:
    """Rename an instance, or protect it from changes on pages."""
    fields = _protection(call.given)
    if "LoadBalancerName" in call.given:
        fields["name"] = call.given["LoadBalancerName"]
    services.update_load_balancer(call.actor, balancer_of(call).pk, **fields)


@ALB.write("UpdateLoadBalancerEdition", BALANCER_ID, text("LoadBalancerEdition", required=True, choices=EDITIONS))
def upgrade(call: Call) -> None:
    """Give an instance a higher edition."""
    balancer, edition = balancer_of(call), call.given["LoadBalancerEdition"]
    if balancer.edition == edition:
        raise CloudError("OperationDenied.EditionNotChanged", f"The edition is {edition} already.")
    services.update_load_balancer(call.actor, balancer.pk, edition=edition)


@ALB.write("EnableDeletionProtection", RESOURCE_ID)
def enable_protection(call: Call) -> None:
    """Protect an instance from deletion."""
    services.update_load_balancer(call.actor, balancer_of(call, "ResourceId").pk, deletion_protection=True)


@ALB.write("DisableDeletionProtection", RESOURCE_ID)
def disable_protection(call: Call) -> None:
    """Let an instance be deleted."""
    services.update_load_balancer(call.actor, balancer_of(call, "ResourceId").pk, deletion_protection=False)


@ALB.write("DeleteLoadBalancer", BALANCER_ID, job=job("loadbalancer", "Delete", "LoadBalancerId"))
def delete(call: Call) -> None:
    """Delete an instance with its listeners and their rules, unless it is protected."""
    services.delete_load_balancer(call.actor, balancer_of(call).pk, cascade=True)


@ALB.read("GetLoadBalancerAttribute", BALANCER_ID)
def get(call: Call) -> Answer:
    """Show an instance."""
    balancer = balancer_of(call)
    extra = extras_of("load_balancer", [balancer.pk])[balancer.pk]
    tags = selectors.tags_of("load_balancer", [balancer.pk]).get(balancer.pk, {})
    return {
        **_told(balancer, extra),
        "RegionId": balancer.region,
        "ZoneMappings": zone_answer(balancer, extra, "IntranetAddress", *_ADDRESSES),
        "Tags": tag_list(tags),
    }


@ALB.read(
    "ListLoadBalancers",
    text("ZoneId"),
    text("LoadBalancerStatus"),
    text("LoadBalancerBussinessStatus"),
    texts("LoadBalancerIds", most=21),
    texts("LoadBalancerNames", most=11),
    texts("VpcIds", most=11),
    *(text(name) for name in _KEPT_FILTERS),
    text("PayType"),
    text("DNSName"),
    TAG_FILTER,
    *paging(),
)
def list_balancers(call: Call) -> Answer:
    """List instances by name."""
    given = call.given
    rows = in_region(LoadBalancer.objects.filter(product=Product.ALB), "region", call.region)
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
    status = (given.get("LoadBalancerStatus", "Active"), given.get("LoadBalancerBussinessStatus", "Normal"))
    found, told = page(call, rows if status == ("Active", "Normal") else rows.none(), ("name",))
    ids = [each.pk for each in found]
    extras, tags = extras_of("load_balancer", ids), selectors.tags_of("load_balancer", ids)
    listed = [{**_told(each, extras[each.pk]), "Tags": tag_list(tags.get(each.pk, {}))} for each in found]
    return {"LoadBalancers": listed, **told}


def _told(balancer: LoadBalancer, extra: Mapping[str, Any]) -> dict[str, Any]:
    billing = extra.get("LoadBalancerBillingConfig", {})
    return {
        "LoadBalancerId": balancer.pk,
        "LoadBalancerName": balancer.name,
        "LoadBalancerEdition": balancer.edition,
        "LoadBalancerStatus": "Active",
        "LoadBalancerBussinessStatus": "Normal",  # spelt so by the cloud
        "LoadBalancerOperationLocks": [],
        "LoadBalancerBillingConfig": {"PayType": billing.get("PayType", "PostPay")},
        "BandwidthPackageId": billing.get("BandwidthPackageId", ""),
        "AddressType": extra.get("AddressType", "Internet"),
        "AddressAllocatedMode": extra.get("AddressAllocatedMode", "Fixed"),
        "AddressIpVersion": extra.get("AddressIpVersion", "IPv4"),
        "Ipv6AddressType": extra.get("Ipv6AddressType", ""),
        "AccessLogConfig": {"LogProject": "", "LogStore": ""},
        "CreateTime": iso_minutes(balancer.created_at),
        "DNSName": balancer.bind_address,
        "VpcId": extra.get("VpcId", ""),
        "ResourceGroupId": extra.get("ResourceGroupId", ""),
        "SecurityGroupIds": [],
        "DeletionProtectionConfig": {"Enabled": balancer.deletion_protection, "EnabledTime": ""},
        "ModificationProtectionConfig": {
            "Status": _PROTECTION[balancer.modification_protection],
            "Reason": balancer.modification_protection_reason,
        },
    }
