"""Create, change and delete load balancers."""

from typing import TypedDict, Unpack

from django.conf import settings
from django.utils.translation import gettext as _

from console.errors import ConflictError
from events.actor import Actor
from events.feed import Recorder, recording
from listeners import limits
from listeners.models import Listener, LoadBalancer
from listeners.ports import refuse_taken_ports
from listeners.rules import check_bind_address, check_object_name, check_region
from listeners.services import rows
from listeners.words import told

KIND = "load_balancer"


class LoadBalancerFields(TypedDict, total=False):
    """What can be changed of a load balancer."""

    name: str
    bind_address: str
    region: str | None  # empty: this installation's own


def create_load_balancer(actor: Actor, *, name: str, bind_address: str, region: str | None = None) -> LoadBalancer:
    """Create an instance whose listeners will accept connections on ``bind_address``."""
    fields = _checked({"name": name, "bind_address": bind_address, "region": region})
    with recording(actor) as changes:
        rows.refuse_duplicate_name(LoadBalancer.objects.all(), fields["name"], KIND)
        _refuse_one_too_many(str(fields["region"]))
        balancer = LoadBalancer.objects.create(created_by=actor.name, **fields)
        changes.record("load_balancer.created", balancer, f"{balancer.name} on {balancer.bind_address}")
    return balancer


def update_load_balancer(
    actor: Actor, load_balancer_id: str, *, expected_revision: int | None = None, **fields: Unpack[LoadBalancerFields]
) -> LoadBalancer:
    """Change a load balancer; a new address moves all of its listeners."""
    values = _checked(fields)
    with recording(actor) as changes:
        balancer = rows.take(LoadBalancer.objects.all(), load_balancer_id, KIND, expected_revision)
        if "name" in values:
            rows.refuse_duplicate_name(LoadBalancer.objects.all(), values["name"], KIND, balancer.pk)
        if values.get("region", balancer.region) != balancer.region:
            _refuse_one_too_many(str(values["region"]))
        if values.get("bind_address", balancer.bind_address) != balancer.bind_address:
            _refuse_taken_ports(balancer, values["bind_address"])
        differing = rows.apply(balancer, values)
        if differing:
            changes.record("load_balancer.updated", balancer, told(differing), fields=differing)
    return balancer


def _refuse_taken_ports(balancer: LoadBalancer, address: str) -> None:
    for transport in Listener.Transport.values:
        ports = list(balancer.listeners.filter(transport=transport).values_list("port", flat=True))
        refuse_taken_ports(address, ports, transport=transport, apart_from=balancer.pk)


def delete_load_balancer(
    actor: Actor, load_balancer_id: str, *, cascade: bool = False, expected_revision: int | None = None
) -> None:
    """Delete a load balancer; with listeners only when ``cascade`` says to delete them too."""
    with recording(actor) as changes:
        balancer = rows.take(LoadBalancer.objects.all(), load_balancer_id, KIND, expected_revision)
        listeners = list(balancer.listeners.order_by("port"))
        if listeners and not cascade:
            raise _in_use(balancer, listeners)
        _delete_with(changes, balancer, listeners)


def _delete_with(changes: Recorder, balancer: LoadBalancer, listeners: list[Listener]) -> None:
    for listener in listeners:
        changes.record("listener.deleted", listener, f"{listener} of {balancer}, with its load balancer")
    Listener.objects.filter(pk__in=[listener.pk for listener in listeners]).delete()
    changes.record("load_balancer.deleted", balancer, balancer.name)
    balancer.delete()


def _in_use(balancer: LoadBalancer, listeners: list[Listener]) -> ConflictError:
    ports = ", ".join(str(listener.port) for listener in listeners[:10])
    return ConflictError(
        _("Load balancer “%(name)s” still has listeners: %(count)s in all, on ports %(ports)s.")
        % {"name": balancer, "count": len(listeners), "ports": ports + ("…" if len(listeners) > 10 else "")},  # noqa: PLR2004
        "load-balancer.in-use",
        way_out=_("Delete them first, or confirm that they are deleted with it."),
    )


def _refuse_one_too_many(region: str) -> None:
    limit = limits.limit_of(limits.LOAD_BALANCERS)
    there = LoadBalancer.objects.filter(region=region).count()
    limits.refuse_above(
        limit,
        there + 1,
        _("Region %(region)s has %(there)s load balancers; %(limit)s are allowed.")
        % {"region": region, "there": there, "limit": limit},
        limits.LOAD_BALANCERS,
    )


def _checked(fields: LoadBalancerFields) -> LoadBalancerFields:
    values: LoadBalancerFields = {}
    if "name" in fields:
        values["name"] = check_object_name(fields["name"], "load-balancer.name-invalid")
    if "bind_address" in fields:
        values["bind_address"] = check_bind_address(fields["bind_address"])
    if "region" in fields:
        values["region"] = check_region(fields["region"] or settings.REGION)
    return values
