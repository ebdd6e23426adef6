"""Create, change and delete load balancers."""

from collections.abc import Mapping
from copy import copy
from typing import TypedDict, Unpack, cast

from django.conf import settings
from django.utils.translation import gettext as _

from certificates.models import Certificate
from console.errors import ConflictError, DomainError
from console.ids import new_id
from events.actor import Actor
from events.feed import Recorder, recording
from listeners import limits
from listeners.legality import refuse_downgrade, refuse_edition
from listeners.models import Listener, LoadBalancer, Product
from listeners.ports import refuse_taken_ports
from listeners.products import ID_PREFIXES
from listeners.protection import refuse_deletion_protected, refuse_protected
from listeners.regional import refuse_unfit_certificates
from listeners.rules import check_bind_address, check_object_name, check_product, check_reason, check_region
from listeners.services import rows
from listeners.services.policy_rules import check_policy
from listeners.services.tags import NO_TAGS, drop_tags, retag, tag_new
from listeners.services.variants import drop_own_groups
from listeners.words import told

KIND = "load_balancer"


class LoadBalancerFields(TypedDict, total=False):
    """What a load balancer is created with and can be changed at any time."""

    name: str
    bind_address: str
    region: str | None  # empty: this installation's own
    deletion_protection: bool
    deletion_protection_reason: str  # gone with the protection, like the other one
    modification_protection: bool
    modification_protection_reason: str


class LoadBalancerChanges(LoadBalancerFields, total=False):
    """What can be changed of a load balancer."""

    edition: str  # upwards only


def create_load_balancer(
    actor: Actor,
    *,
    product: str = Product.NLB,
    edition: str = "",
    tags: Mapping[str, str] = NO_TAGS,
    **given: Unpack[LoadBalancerFields],
) -> LoadBalancer:
    """Create a load balancer whose listeners will accept connections on ``bind_address``.

    ``name`` and ``bind_address`` are needed; the product is for life, and only an ALB has an edition.
    """
    check_product(product)
    refuse_edition(product, edition)
    fields = _checked(cast("LoadBalancerChanges", {"name": "", "bind_address": "", "region": None, **given}))
    with recording(actor) as changes:
        rows.refuse_duplicate_name(LoadBalancer.objects.all(), fields["name"], KIND)
        balancer = LoadBalancer(
            id=new_id(ID_PREFIXES[Product(product)]), product=product, edition=edition, created_by=actor.name, **fields
        )
        _refuse_one_too_many(balancer)
        balancer.save(force_insert=True)
        tag_new(balancer, KIND, tags)
        changes.record("load_balancer.created", balancer, f"{balancer.name} on {balancer.bind_address}")
    return balancer


def update_load_balancer(
    actor: Actor,
    load_balancer_id: str,
    *,
    expected_revision: int | None = None,
    tags: Mapping[str, str] | None = None,
    **fields: Unpack[LoadBalancerChanges],
) -> LoadBalancer:
    """Change a load balancer; a new address moves all of its listeners. ``tags`` are all that it is to have."""
    values = _checked(fields)
    with recording(actor) as changes:
        balancer = rows.take(LoadBalancer.objects.all(), load_balancer_id, KIND, expected_revision)
        if tags is not None or not _lifts_protection(values):
            refuse_protected(actor, balancer)
        if "name" in values:
            rows.refuse_duplicate_name(LoadBalancer.objects.all(), values["name"], KIND, balancer.pk)
        _refuse_bad_move(balancer, values)
        differing = rows.apply(balancer, values)
        if differing:
            changes.record("load_balancer.updated", balancer, told(differing), fields=differing)
        if tags is not None:
            retag(changes, balancer, KIND, tags)
    return balancer


def _lifts_protection(values: LoadBalancerChanges) -> bool:
    """Whether a change does nothing but switch the modification protection, which pages may always do."""
    return values.keys() <= {"modification_protection", "modification_protection_reason"}


def _refuse_bad_move(balancer: LoadBalancer, values: LoadBalancerChanges) -> None:
    """Refuse a region, edition or address that the listeners which are there could not have."""
    after = copy(balancer)
    after.region = str(values.get("region", balancer.region))
    after.edition = values.get("edition", balancer.edition)
    after.bind_address = values.get("bind_address", balancer.bind_address)
    refuse_downgrade(balancer, after.edition)
    if after.region != balancer.region:
        _refuse_one_too_many(after)
        bound = Certificate.objects.filter(bindings__listener__load_balancer=balancer).distinct()
        refuse_unfit_certificates(after, list(bound.select_related("current_version")), "region")
    if (after.region, after.edition) != (balancer.region, balancer.edition):
        _refuse_lost_policies(after)
    if after.bind_address != balancer.bind_address:
        for transport in Listener.Transport.values:
            ports = balancer.listeners.filter(transport=transport).values_list("port", flat=True)
            refuse_taken_ports(after.bind_address, list(ports), transport=transport, apart_from=balancer.pk)


def _refuse_lost_policies(after: LoadBalancer) -> None:
    """Refuse what takes the TLS security policy away from a listener."""
    for listener in after.listeners.exclude(security_policy="").order_by("port"):
        try:
            check_policy(after, listener.security_policy)
        except DomainError as error:
            raise ConflictError(
                _("Listener “%(listener)s” stands against it: %(reason)s")
                % {"listener": listener, "reason": error.message},
                error.code,
                way_out=_("Give the listener another TLS security policy first. %(hint)s") % {"hint": error.way_out},
            ) from None


def delete_load_balancer(
    actor: Actor, load_balancer_id: str, *, cascade: bool = False, expected_revision: int | None = None
) -> None:
    """Delete a load balancer; with listeners only when ``cascade`` says to delete them too."""
    with recording(actor) as changes:
        balancer = rows.take(LoadBalancer.objects.all(), load_balancer_id, KIND, expected_revision)
        refuse_protected(actor, balancer)
        refuse_deletion_protected(balancer)
        listeners = list(balancer.listeners.order_by("port"))
        if listeners and not cascade:
            raise _in_use(balancer, listeners)
        _delete_with(changes, balancer, listeners)


def _delete_with(changes: Recorder, balancer: LoadBalancer, listeners: list[Listener]) -> None:
    for listener in listeners:
        changes.record("listener.deleted", listener, f"{listener} of {balancer}, with its load balancer")
    doomed = Listener.objects.filter(pk__in=[listener.pk for listener in listeners])
    doomed.update(quic_listener=None)  # else the link protects the QUIC listener from going with its announcer
    doomed.delete()
    drop_tags("listener", [listener.pk for listener in listeners])
    drop_own_groups(changes, balancer)
    drop_tags(KIND, [balancer.pk])
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


def _refuse_one_too_many(balancer: LoadBalancer) -> None:
    limit = limits.limit_for(balancer, "load_balancers")
    there = LoadBalancer.objects.filter(region=balancer.region, product=balancer.product).count()
    limit.refuse_above(
        there + 1,
        _("Region %(region)s has %(there)s load balancers of this kind; %(limit)s are allowed.")
        % {"region": balancer.region, "there": there, "limit": limit.value},
    )


def _checked(fields: LoadBalancerChanges) -> LoadBalancerChanges:
    values = fields.copy()
    if "name" in values:
        values["name"] = check_object_name(values["name"], "load-balancer.name-invalid")
    if "bind_address" in values:
        values["bind_address"] = check_bind_address(values["bind_address"])
    if "region" in values:
        values["region"] = check_region(values["region"] or settings.REGION)
    return _with_protections(values)


def _with_protections(values: LoadBalancerChanges) -> LoadBalancerChanges:
    """Return the fields with checked reasons, which go where their protection does."""
    for protection in ("deletion_protection", "modification_protection"):
        reason = f"{protection}_reason"
        if reason in values:
            values[reason] = check_reason(values[reason], reason)  # type: ignore[literal-required]
        if values.get(protection) is False:
            values[reason] = ""  # type: ignore[literal-required]
    return values
