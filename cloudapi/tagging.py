"""Tags of the resources of NLB and ALB."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings

from cloudapi.extras import extras_of, set_extras
from cloudapi.lists import TAG_FILTER, page, paging, with_ids
from cloudapi.models import CloudExtra
from cloudapi.operations import Answer, Call, Product
from cloudapi.wire.fields import Field, flag, text, texts
from console.errors import NotFoundError
from listeners import selectors, services
from listeners.models import Listener, LoadBalancer, ResourceTag

TYPES: Mapping[str, str] = {
    "loadbalancer": "load_balancer",
    "listener": "listener",
    "servergroup": "server_group",
    "securitypolicy": "security_policy",
}
# Policies have no tags of their own here: what clients say of them is kept.
KEPT = "security_policy"
RESOURCE_TYPE = text("ResourceType", required=True, choices=tuple(TYPES))
_RESOURCES = texts("ResourceId", required=True, most=50)
_TAGS = Field("Tag", "list", required=True, low=1, high=20, parts=TAG_FILTER.parts)


def given_tags(call: Call) -> dict[str, str]:
    """Return the tags that a new resource is to have."""
    return {tag["Key"]: tag.get("Value", "") for tag in call.given.get("Tag", ())}


def tag_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Return tags as answers have them."""
    return [{key: name, value: text} for name, text in tags.items()]


def kept_tags(policy_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the tags of security policies."""
    return {pk: extra.get("Tags", {}) for pk, extra in extras_of(KEPT, policy_ids).items()}


def kept_with_tags(object_type: str, wanted: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the objects with all of the tags, where tags are what clients said of them."""
    rows = CloudExtra.objects.filter(object_type=object_type, values__has_key="Tags")
    return [row.object_id for row in rows if all(_has(row.values["Tags"], tag) for tag in wanted)]


def _has(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return any(
        wanted.get("Key") in {None, "", key} and ("Value" not in wanted or wanted["Value"] == value)
        for key, value in tags.items()
    )


def declare(product: Product, untag: str) -> None:
    """Declare the three operations on tags, which NLB and ALB have alike but for the spelling of ``untag``."""
    product.write("TagResources", RESOURCE_TYPE, _RESOURCES, _TAGS)(_tag)
    product.write(
        untag,
        RESOURCE_TYPE,
        _RESOURCES,
        texts("TagKey", most=20),
        TAG_FILTER,
        flag("All"),
    )(_untag)
    product.read("ListTagResources", RESOURCE_TYPE, texts("ResourceId", most=50), TAG_FILTER, *paging(default=50))(
        _list_tags
    )


def _named(call: Call) -> list[str]:
    """Return the ids of the resources; those of a listener may carry its port."""
    return [each.partition("@")[0] for each in call.given.get("ResourceId", ())]


def _reached(call: Call, kind: str) -> list[str]:
    """Return the ids of the resources, each of which is of the product and of the region that is asked for."""
    ids = _named(call)
    if kind in _OF_BALANCERS:
        for resource_id in ids:
            find, code = _OF_BALANCERS[kind]
            balancer = find(resource_id)
            if balancer.product != call.operation.product.name.upper() or call.region not in {"", balancer.region}:
                raise NotFoundError(f"There is no {call.operation.product.name} resource {resource_id} here.", code)
    return ids


_OF_BALANCERS: Mapping[str, tuple[Callable[[str], LoadBalancer], str]] = {
    "load_balancer": (selectors.load_balancer_by_id, "load-balancer.not-found"),
    "listener": (lambda pk: selectors.listener_by_id(pk).load_balancer, "listener.not-found"),
}


def _tag(call: Call) -> None:
    """Add tags, or give those that are there other values."""
    kind = TYPES[call.given["ResourceType"]]
    tags = {tag.get("Key", ""): tag.get("Value", "") for tag in call.given["Tag"]}
    for resource_id in _reached(call, kind):
        if kind == KEPT:
            selectors.security_policy_by_id(resource_id)
            _keep(resource_id, {**kept_tags([resource_id])[resource_id], **tags})
        else:
            services.set_tags(call.actor, kind, resource_id, tags=tags)


def _untag(call: Call) -> None:
    """Take tags off: the named ones, or all of them."""
    kind = TYPES[call.given["ResourceType"]]
    for resource_id in _reached(call, kind):
        there = _tags_of(kind, resource_id)
        wanted = {*call.given.get("TagKey", ()), *(tag.get("Key", "") for tag in call.given.get("Tag", ()))}
        gone = list(there) if call.given.get("All") else [key for key in there if key in wanted]
        if kind == KEPT:
            _keep(resource_id, {key: value for key, value in there.items() if key not in gone})
        elif gone:
            services.remove_tags(call.actor, kind, resource_id, keys=gone)


def _tags_of(kind: str, resource_id: str) -> dict[str, str]:
    if kind == KEPT:
        selectors.security_policy_by_id(resource_id)
        return kept_tags([resource_id])[resource_id]
    return selectors.tags_of_one(kind, resource_id)


def _keep(policy_id: str, tags: Mapping[str, str]) -> None:
    set_extras(KEPT, policy_id, {"Tags": dict(tags)})


def _list_tags(call: Call) -> Answer:
    """List tags with their resources."""
    kind = call.given["ResourceType"]
    if TYPES[kind] == KEPT:
        return _kept_list(call)
    rows = with_ids(ResourceTag.objects.filter(object_type=TYPES[kind]), "object_id", _named(call))
    for wanted in call.given.get("Tag", ()):
        rows = rows.filter(**_condition(wanted))
    found, told = page(call, rows, ("id",))
    ids = _spelt(call, [row.object_id for row in found])
    return {"TagResources": [_told(ids[row.object_id], kind, row.key, row.value) for row in found], **told}


def _spelt(call: Call, ids: Sequence[str]) -> dict[str, str]:
    """Return the id that answers give each resource: NLB writes the port of a listener behind it."""
    spelt = {each: each for each in ids}
    if call.operation.product.name == "Nlb" and call.given["ResourceType"] == "listener":
        spelt.update((row.pk, f"{row.pk}@{row.port}") for row in Listener.objects.filter(pk__in=spelt))
    return spelt


def _condition(wanted: Mapping[str, str]) -> dict[str, str]:
    columns = {"Key": "key", "Value": "value"}
    return {columns[name]: text for name, text in wanted.items() if text}


def _kept_list(call: Call) -> Answer:
    tags = [
        _told(policy_id, "securitypolicy", key, value)
        for policy_id, there in kept_tags(_named(call)).items()
        for key, value in there.items()
    ]
    return {"TagResources": tags, "TotalCount": len(tags), "MaxResults": call.given["MaxResults"], "NextToken": ""}


def _told(resource_id: str, kind: str, key: str, value: str) -> dict[str, Any]:
    return {
        "ResourceId": resource_id,
        "ResourceType": kind,
        "RegionNo": settings.REGION,
        "AliUid": 1,
        "TagKey": key,
        "TagValue": value,
        "Scope": "public",
        "Category": "custom",
    }
