"""Keep what each change made of a listener, and go back to any of it."""

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from console.errors import ConflictError
from events.actor import Actor
from events.feed import recording
from events.models import Change
from listeners.forwarding.rule import stored_rule
from listeners.history import FIELDS, FOLLOWS, RULE_FIELDS, STATES_KEPT, BoundCertificate, differences, state_of
from listeners.legality import refuse_mutual_authentication
from listeners.models import Binding, ForwardingRule, Listener, ListenerState
from listeners.selectors.history import kept_state
from listeners.services.binding_rules import certificate_for, refuse_too_many, refuse_uncovered
from listeners.services.bindings import count_change, take_listener
from listeners.services.capacity import refuse_too_many_servers_behind
from listeners.services.forwarding_rules import save_rules
from listeners.services.links import moved_links
from listeners.services.listener_values import checked
from listeners.services.policy_rules import refuse_overused_policy
from listeners.services.rule_checks import refuse_too_many_rules

Role = Binding.Role
# What services of their own change, with checks of their own.
_AUTHENTICATION = ("mutual_authentication", "mutual_authentication_mode")


def keep_states(changes: Sequence[Change]) -> None:
    """Keep what the listeners of ``changes`` are now; of several changes at once, with the last one."""
    newest = {change.object_id: change.pk for change in changes if change.object_type == "listener"}
    if not newest:
        return
    listeners = Listener.objects.filter(pk__in=newest)
    ListenerState.objects.bulk_create(
        ListenerState(listener=listener, change_id=newest[listener.pk], state=state_of(listener))
        for listener in listeners
    )
    for listener_id in newest:
        _forget_oldest(listener_id)


def keep_first_states() -> None:
    """Keep what listeners are now that are older than their history, with the newest change of each."""
    newest = Change.objects.filter(object_type="listener", object_id=OuterRef("pk")).order_by("-id").values("pk")[:1]
    listeners = Listener.objects.filter(history=None).annotate(newest=Subquery(newest)).exclude(newest=None)
    for listener in listeners.iterator(chunk_size=500):
        ListenerState.objects.create(listener=listener, change_id=listener.newest, state=state_of(listener))


def _forget_oldest(listener_id: str) -> None:
    kept = ListenerState.objects.filter(listener_id=listener_id).order_by("-id")
    oldest = kept.values_list("id", flat=True)[STATES_KEPT - 1 : STATES_KEPT].first()
    if oldest is not None:
        ListenerState.objects.filter(listener_id=listener_id, id__lt=oldest).delete()


def roll_back_listener(
    actor: Actor, listener_id: str, change_id: int, *, expected_revision: int | None = None
) -> Listener:
    """Make a listener what it was after an earlier change: its settings, certificates and forwarding rules.

    All or nothing: what can no longer be, because a certificate or server group is gone or a limit was lowered, is
    refused as it would be anew. Doing it is a change like any other, so it can be gone back on too.
    """
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        wanted = kept_state(listener, change_id)
        differing = differences(state_of(listener), wanted, listener.protocol)
        if not differing:
            raise _nothing_differs(listener)
        before = copy(listener)
        _restore_fields(listener, wanted["fields"])
        _restore_bindings(listener, wanted["bindings"])
        _restore_rules(actor, listener, wanted["rules"])
        count_change(actor, listener, *FIELDS)
        refuse_too_many_servers_behind(listener.load_balancer, field="")
        if listener.security_policy != before.security_policy:
            refuse_overused_policy(listener.security_policy)
        told = ", ".join(f"{each.label}: {each.before or 'none'} → {each.after or 'none'}" for each in differing)
        changes.record("listener.rolled_back", listener, f"back to change {change_id}: {told}", to=change_id)
    return listener


def _restore_fields(listener: Listener, wanted: dict[str, Any]) -> None:
    values = {name: value for name, value in wanted.items() if name in FIELDS and getattr(listener, name) != value}
    settings = {name: value for name, value in values.items() if name not in _AUTHENTICATION}
    settings = checked(listener.load_balancer, listener.protocol, settings)
    moved_links(listener, settings)
    if values.get("mutual_authentication"):
        refuse_mutual_authentication(listener.load_balancer, listener.protocol)
    for name, value in {**values, **settings}.items():
        setattr(listener, name, value)


def _restore_bindings(listener: Listener, wanted: Sequence[BoundCertificate]) -> None:
    """Change what differs only: a slot that keeps its certificate keeps its connections."""
    there = {_key(binding): binding for binding in listener.bindings.all()}
    keys = [(each["role"], each["certificate_id"], each["domain"]) for each in wanted]
    surplus = {key: binding for key, binding in there.items() if key not in keys}
    for key in (key for key in keys if key not in there):
        role, certificate_id, domain = key
        _refuse_unfit(listener, role, certificate_id, domain)
        slot = next((each for each in surplus.values() if _same_slot(each, role, domain)), None)
        if slot is None:
            Binding.objects.create(listener=listener, role=role, certificate_id=certificate_id, domain=domain)
        else:
            del surplus[_key(slot)]
            slot.previous_certificate_id, slot.certificate_id = slot.certificate_id, certificate_id
            slot.save(update_fields=["certificate", "previous_certificate"])
    Binding.objects.filter(pk__in=[binding.pk for binding in surplus.values()]).delete()
    if _additional(keys) > _additional(there):
        refuse_too_many(listener, 0, "")


def _additional(keys: Iterable[tuple[str, str, str]]) -> int:
    return sum(role == Role.ADDITIONAL for role, _certificate_id, _domain in keys)


def _refuse_unfit(listener: Listener, role: str, certificate_id: str, domain: str) -> None:
    """Refuse a certificate that is gone, or that such a listener cannot take any more."""
    certificate = certificate_for(Role(role), certificate_id, "", listener.load_balancer)
    if domain:
        refuse_uncovered(certificate, domain, "")


def _key(binding: Binding) -> tuple[str, str, str]:
    return binding.role, binding.certificate_id, binding.domain


def _same_slot(binding: Binding, role: str, domain: str) -> bool:
    return binding.role == role and binding.domain == domain and (role != Role.ADDITIONAL or bool(domain))


def _restore_rules(actor: Actor, listener: Listener, wanted: Sequence[dict[str, Any]]) -> None:
    there = {row.pk: row for row in listener.rules.all()}
    listener.rules.exclude(pk__in=[each["id"] for each in wanted]).delete()
    made = []
    for each in wanted:
        row = there.get(each["id"]) or ForwardingRule(pk=each["id"], listener=listener, created_by=actor.name)
        if any(getattr(row, name) != value for name, value in each.items()):
            row.priority, row.direction = each["priority"], each["direction"]
            row.follows_listener = each.get(FOLLOWS, False)
            made.append((row, stored_rule(*(each[name] for name in RULE_FIELDS))))
    if fresh := len({each["id"] for each in wanted} - there.keys()):
        refuse_too_many_rules(listener, fresh)
    if made:
        save_rules(actor, listener, made)


def _nothing_differs(listener: Listener) -> ConflictError:
    return ConflictError(
        _("Listener “%(listener)s” is already as it was then.") % {"listener": listener},
        "listener.same-state",
        way_out=_("Choose another change to go back to."),
    )
