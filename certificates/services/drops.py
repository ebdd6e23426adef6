"""Taking in what a drop holds: kept sealed until it is decided, then stored, all of it or nothing."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.keys import seal, unseal
from certificates.models import Drop as DropRow
from certificates.names import checked_name, free_names
from certificates.parsing.bundles import Bundle
from certificates.parsing.drops import Drop
from certificates.parsing.wire import pack_drop, unpack_drop
from certificates.planning import Plan, PlannedItem
from certificates.services.imports import NewCertificate, store_bundles
from certificates.services.labels import MOST_AT_ONCE, label_certificates
from certificates.services.parsing import Imported
from certificates.waiting import kept_key
from console.errors import InvalidInputError, NotFoundError
from console.ids import is_id
from events.actor import Actor
from events.feed import recording

KEPT = dt.timedelta(minutes=15)


def keep_drop(actor: Actor, drop: Drop) -> str:
    """Seal the files of a drop until it is decided, and return its id; those that nobody decided in time go."""
    token = seal(json.dumps(pack_drop(drop)).encode())
    with recording(actor):
        forget_drops()
        return DropRow.objects.create(token=token, created_by=actor.name).pk


def open_drop(actor: Actor, drop_id: str) -> Drop:
    """Return what this operator dropped before; raise NotFoundError when it is gone or somebody else's."""
    kept = DropRow.objects.filter(created_by=actor.name, created_at__gt=timezone.now() - KEPT)
    found = kept.filter(pk=drop_id).first() if is_id(drop_id) else None
    if found is None:
        raise NotFoundError(
            _("These files are no longer kept; nothing was stored."),
            "drop.not-found",
            way_out=_("Give them again: they are kept for a quarter of an hour."),
        )
    return unpack_drop(json.loads(unseal(found.token)))


def discard_drop(actor: Actor, drop_id: str) -> None:
    """Delete the files of a drop."""
    DropRow.objects.filter(pk=drop_id, created_by=actor.name).delete()


def forget_drops() -> None:
    """Delete the drops that nobody decided in time."""
    DropRow.objects.filter(created_at__lte=timezone.now() - KEPT).delete()


def import_plan(actor: Actor, plan: Plan, chosen: Mapping[str, str] | None = None) -> list[Imported]:
    """Store what was chosen of a plan, in one transaction: all of it, or none and the first error.

    ``chosen`` has the name for each id, blank for the certificate's first name; None takes what the plan ticks, under
    names of which those that are taken get a number.
    """
    if chosen is None:
        items = plan.chosen
        names = free_names([checked_name(item.name) for item in items])
    else:
        items = _items(plan, chosen)
        names = [chosen[item.id] for item in items]
    if not items:
        raise InvalidInputError(
            _("There is nothing to import."),
            "drop.nothing-chosen",
            field="items",
            way_out=_("Choose at least one certificate that is not stored yet."),
        )
    new = [NewCertificate(item.kind, name, b"") for item, name in zip(items, names, strict=True)]
    with recording(actor):
        imported = store_bundles(actor, new, _with_kept_keys(items))
        _give_owners(actor, items, imported)
    return imported


def _give_owners(actor: Actor, items: Sequence[PlannedItem], imported: Sequence[Imported]) -> None:
    owned: dict[str, list[str]] = {}
    for item, each in zip(items, imported, strict=True):
        if item.owner:
            owned.setdefault(item.owner, []).append(each.certificate.pk)
    for owner, ids in owned.items():
        for start in range(0, len(ids), MOST_AT_ONCE):
            label_certificates(actor, ids[start : start + MOST_AT_ONCE], owner=owner)


def _items(plan: Plan, chosen: Mapping[str, str]) -> list[PlannedItem]:
    """Return the chosen items in the plan's order; raise InvalidInputError for one that it does not have."""
    known = {item.id: item for item in plan.items}
    for item_id in chosen:
        if item_id not in known:
            raise InvalidInputError(
                _("There is no certificate “%(id)s” in these files.") % {"id": item_id[:64]},
                "drop.unknown-item",
                field="items",
                way_out=_("Choose from the certificates that inspecting these files returns."),
            )
    return [item for item in plan.items if item.id in chosen]


def _with_kept_keys(items: Sequence[PlannedItem]) -> list[Bundle]:
    """Return the bundles, with the keys that are here already opened and put in."""
    return [
        replace(item.item.bundle, key_pem=kept_key([item.item.bundle.leaf.description.spki_sha256]))
        if item.is_key_stored
        else item.item.bundle
        for item in items
    ]
