"""Drafts of wizards: what was typed so far, kept on the server, apart for each time a wizard was opened.

A draft lives in the session under an id that is part of the wizard's addresses, so two browser tabs never mix. It
keeps only the fields that the steps' forms name; none of them is a private key.
"""

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict

SESSION_KEY = "drafts"
# An abandoned draft is a few hundred bytes; the oldest make room.
MAX_DRAFTS = 20


@dataclass
class Draft:
    """One wizard under way: whom it is for, and the raw values of each step that was sent."""

    id: str
    subject: str
    changed_at: float = 0.0
    steps: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def keep(self, step: str, names: Iterable[str], data: QueryDict) -> None:
        """Keep what was typed in ``step``, valid or not: only the fields called ``names``."""
        self.steps[step] = {name: data.getlist(name) for name in names if name in data}

    def put(self, step: str, name: str, value: str, *, several: bool = False) -> None:
        """Choose ``value`` in a field of ``step``, beside the values that are there if the field takes several."""
        values = self.steps.setdefault(step, {})
        if several:
            values[name] = [*(kept for kept in values.get(name, []) if kept != value), value]
        else:
            values[name] = [value]

    def forget(self, step: str, names: Iterable[str]) -> None:
        """Drop what was typed in the fields called ``names``."""
        for name in names:
            self.steps.get(step, {}).pop(name, None)

    def data(self, step: str) -> QueryDict | None:
        """Return what was typed in ``step`` as a form takes it; None when it was never sent."""
        if step not in self.steps:
            return None
        data = QueryDict(mutable=True)
        for name, values in self.steps[step].items():
            data.setlist(name, list(values))
        return data


def start_draft(session: SessionBase, subject: str) -> Draft:
    """Begin an empty draft for ``subject``, a load balancer's id."""
    draft = Draft(id=secrets.token_hex(6), subject=subject)
    save_draft(session, draft)
    return draft


def draft_of(session: SessionBase, draft_id: str, subject: str) -> Draft | None:
    """Return the draft, or None when it is not (or no longer) there or was begun for something else."""
    stored: Mapping[str, dict[str, object]] = session.get(SESSION_KEY, {})
    if draft_id not in stored or stored[draft_id]["subject"] != subject:
        return None
    return Draft(**stored[draft_id])  # type: ignore[arg-type]  # the shape that save_draft wrote


def save_draft(session: SessionBase, draft: Draft) -> None:
    """Store the draft; beyond MAX_DRAFTS the ones untouched for longest go."""
    draft.changed_at = time.time()
    drafts = {**session.get(SESSION_KEY, {}), draft.id: asdict(draft)}
    newest = sorted(drafts, key=lambda key: drafts[key]["changed_at"], reverse=True)[:MAX_DRAFTS]
    session[SESSION_KEY] = {key: drafts[key] for key in newest}


def discard_draft(session: SessionBase, draft_id: str) -> None:
    """Forget the draft; absent is fine."""
    session[SESSION_KEY] = {key: kept for key, kept in session.get(SESSION_KEY, {}).items() if key != draft_id}
