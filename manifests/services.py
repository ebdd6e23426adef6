"""Plan and apply manifests: all of one, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from console.errors import ConflictError, InvalidInputError
from events.actor import Actor
from events.feed import recording
from manifests.applying import apply_sections
from manifests.document import stored_document
from manifests.planning import PlannedChange, changes_between
from manifests.schemas import Manifest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a manifest changes; empty: everything is as it says."""

    changes: Sequence[PlannedChange]


def plan_manifest(actor: Actor, manifest: Manifest, *, prune: bool = False) -> Outcome:
    """Say what applying a manifest would change, and leave everything as it is.

    It is tried and taken back, so that whatever would be refused is refused here already.
    """
    with transaction.atomic():
        outcome = _apply(actor, manifest, prune=prune)
        transaction.set_rollback(True)
    return outcome


def apply_manifest(
    actor: Actor,
    manifest: Manifest,
    *,
    prune: bool = False,
    expected: Outcome | None = None,
) -> Outcome:
    """Make what is stored as the manifest says, in one transaction: all of it, or on any refusal nothing.

    What is declared already is left alone, so that the second time nothing is done. What is stored and not declared
    stays, unless ``prune`` says to delete it, and then the manifest declares at least one section. Raises ConflictError
    when ``expected``, a plan, is not what would happen.
    """
    with transaction.atomic():
        outcome = _apply(actor, manifest, prune=prune)
        if expected is not None and outcome != expected:
            raise ConflictError(
                _("What is stored has changed since this was planned."),
                "manifest.plan-stale",
                way_out=_("Nothing was stored. Plan it again."),
            )
        if not outcome.changes:
            transaction.set_rollback(True)
    return outcome


def _apply(actor: Actor, manifest: Manifest, *, prune: bool) -> Outcome:
    if prune and not manifest.declares_anything():
        raise InvalidInputError(
            _("The manifest declares nothing, so that pruning would delete everything."),
            "manifest.prunes-all",
            way_out=_("Look whether the file is whole. Write “load_balancers: []” if you mean it."),
        )
    with recording(actor):
        before = stored_document()
        apply_sections(actor, manifest.given(), before, prune=prune)
        return Outcome(changes_between(before, stored_document()))
