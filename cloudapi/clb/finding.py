"""Find what a request names: only load balancers of this product, and of the region that the request is for."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet

from cloudapi.operations import Call
from cloudapi.wire.fields import Field, structs, text
from console.errors import InvalidInputError
from console.ids import is_id
from listeners.models import ForwardingRule, Listener, LoadBalancer, Product, ResourceTag, ServerGroup
from listeners.rules import check_region
from listeners.services.rows import not_found
from listeners.services.variants import base_of

Row = TypeVar("Row", bound=Model)
MOST_TAGS = 20
BALANCER_ID = text("LoadBalancerId", required=True)


def tag_fields(*, most: int = MOST_TAGS) -> tuple[Field, ...]:
    """Declare ``Tag.N.Key`` and ``Tag.N.Value``."""
    return (structs("Tag", text("Key", required=True, high=128), text("Value", high=128), most=most),)


def tags_of_call(call: Call) -> dict[str, str]:
    """Return the tags that a request gives or asks for."""
    return {tag["Key"]: tag.get("Value", "") for tag in call.given.get("Tag", ())}


def shown_tags(tags: Mapping[str, str]) -> dict[str, Any]:
    """Return tags as this product answers them."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


def region_of(call: Call) -> str:
    """Return the region that a request is for; without one it is this installation's own. Raises CloudError."""
    try:
        return check_region(call.region or settings.REGION)
    except InvalidInputError as error:
        raise call.error("InvalidRegionId.NotFound", str(error), 404) from None


def balancers(call: Call) -> QuerySet[LoadBalancer]:
    """Return the load balancers of the request's region."""
    return LoadBalancer.objects.filter(product=Product.CLB, region=region_of(call))


def balancer_of(call: Call) -> LoadBalancer:
    """Return the load balancer that a request names. Raises NotFoundError, also for one of another region."""
    return _one(balancers(call), "load_balancer", call.given["LoadBalancerId"])


def listener_of(call: Call, protocols: Sequence[str] = ()) -> Listener:
    """Return the listener on the port that a request names, of ``protocols`` if any are named."""
    balancer = balancer_of(call)
    rows = balancer.listeners.select_related("load_balancer", "server_group__variant_of")
    wanted = call.given.get("ListenerProtocol", "").upper()
    for listener in rows.filter(port=call.given["ListenerPort"]):
        if (not wanted or listener.protocol == wanted) and (not protocols or listener.protocol in protocols):
            return listener
    spelt = wanted or "/".join(protocols)
    raise not_found("listener", f"{balancer.pk} {spelt}:{call.given['ListenerPort']}".replace(" :", ":"))


def rule_of(call: Call, rule_id: str) -> ForwardingRule:
    """Return a rule of a listener of the request's region. Raises NotFoundError."""
    rows = ForwardingRule.objects.select_related("listener__load_balancer")
    return _one(rows.filter(listener__load_balancer__in=balancers(call)), "forwarding_rule", rule_id)


def group_of(call: Call, group_id: str) -> ServerGroup:
    """Return the VServerGroup of that id: of a load balancer of the region, or one that any load balancer can use."""
    group = _one(ServerGroup.objects.filter(protocol=ServerGroup.Protocol.HTTP), "server_group", group_id)
    balancer = group.load_balancer
    if balancer is not None and (balancer.product != Product.CLB or balancer.region != region_of(call)):
        raise not_found("server_group", group_id)
    return base_of(group)


def group_id_of(group: ServerGroup | None) -> str:
    """Return what this product calls a listener's server group; the default servers have no id."""
    return "" if group is None or group.backend_port is not None else base_of(group).pk


def tagged_with(call: Call, object_type: str, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Return those of ``rows`` that have every tag which the request asks for."""
    for key, value in tags_of_call(call).items():
        tags = ResourceTag.objects.filter(object_type=object_type, key=key)
        tags = tags.filter(value=value) if value else tags
        rows = rows.filter(pk__in=tags.order_by().values("object_id"))
    return rows


def _one(rows: "QuerySet[Row]", kind: str, pk: str) -> Row:
    found = rows.filter(pk=pk).first() if is_id(pk) else None
    if found is None:
        raise not_found(kind, pk)
    return found
