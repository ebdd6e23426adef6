"""TLS security policies, as NLB and ALB both have them."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from cloudapi.extras import extras_of, keep_extras, set_extras
from cloudapi.lists import in_region, page, with_ids
from cloudapi.operations import Call
from cloudapi.tagging import KEPT, given_tags, kept_tags, kept_with_tags
from console.ids import new_id
from listeners import services
from listeners.models import Listener, SecurityPolicy

ORDER = ("name", "pk")


def create_policy(call: Call, versions: Sequence[str]) -> str:
    """Create a policy in the region that is asked for; return its id."""
    row = services.create_security_policy(
        call.actor,
        name=call.given.get("SecurityPolicyName") or new_id("policy"),
        versions=versions,
        ciphers=call.given["Ciphers"],
        region=call.region or settings.REGION,
    )
    keep_extras(call, KEPT, row.pk)
    if tags := given_tags(call):
        set_extras(KEPT, row.pk, {"Tags": tags})
    return str(row.pk)


def change_policy(call: Call, versions: Sequence[str] | None) -> None:
    """Change a policy; every listener that uses it follows."""
    services.update_security_policy(
        call.actor,
        call.given["SecurityPolicyId"],
        name=call.given.get("SecurityPolicyName"),
        versions=versions,
        ciphers=call.given.get("Ciphers"),
    )


def wanted_policies(call: Call) -> tuple[list[tuple[SecurityPolicy, dict[str, Any], dict[str, str]]], dict[str, Any]]:
    """Return a page of custom policies, each with what is kept of it and its tags, and what is told of the list."""
    given = call.given
    rows = in_region(SecurityPolicy.objects.all(), "region", call.region)
    rows = with_ids(rows, "pk", given.get("SecurityPolicyIds", []))
    if names := given.get("SecurityPolicyNames"):
        rows = rows.filter(name__in=names)
    if wanted := given.get("Tag"):
        rows = rows.filter(pk__in=kept_with_tags(KEPT, wanted))
    found, told = page(call, rows, ORDER)
    ids = [row.pk for row in found]
    extras, tags = extras_of(KEPT, ids), kept_tags(ids)
    return [(row, extras[row.pk], tags[row.pk]) for row in found], told


def users_of(policy_ids: Sequence[str], product: str) -> dict[str, list[Listener]]:
    """Return the listeners of a product that use each policy."""
    users: dict[str, list[Listener]] = {policy_id: [] for policy_id in policy_ids}
    rows = Listener.objects.filter(security_policy__in=list(policy_ids), load_balancer__product=product)
    for listener in rows.order_by("load_balancer_id", "port"):
        users[listener.security_policy].append(listener)
    return users
