"""Saving what two people may have changed: nothing typed is lost, and each sees what the other did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext as _

from listeners.impact import change_of

SALT = "listeners.pages.editing"


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that differs: under its label, before and after."""

    label: str
    before: str
    after: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an editing page was opened with: the revision, and the values shown then, as the page sends them back."""

    revision: int
    values: Mapping[str, Any]

    @property
    def token(self) -> str:
        """The values for a hidden input; signed, since they come back from the browser."""
        return signing.dumps(dict(self.values), salt=SALT, compress=True)


def opened_from(request: HttpRequest) -> Opened | None:
    """Return what the sent page was opened with; None when the browser sent something else."""
    try:
        return Opened(int(request.POST["revision"]), signing.loads(request.POST.get("opened", ""), salt=SALT))
    except (KeyError, ValueError, signing.BadSignature):
        return None


def differences(form: forms.Form, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return the fields of ``form`` whose values differ, in words."""
    return [
        Difference(str(field.label), shown(field, before[name]), shown(field, after[name]), name)
        for name, field in form.fields.items()
        if name in before and name in after and before[name] != after[name]
    ]


def labels_of_changes(changed: Iterable[Difference], protocol: str = "") -> dict[str, str]:
    """Return, for each kind of change (see ``listeners.impact``), the fields that make it."""
    labels: dict[str, list[str]] = {}
    for each in changed:
        labels.setdefault(change_of(each.field, protocol), []).append(each.label)
    return {change: ", ".join(fields) for change, fields in labels.items()}


def merged(form: forms.Form, opened: Opened, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to offer after two people changed the same object: what was typed here, and else what is stored.

    A field that was left as it was opened takes the other's value, so that saving again undoes nothing unseen.
    """
    return {
        name: stored[name] if name in stored and opened.values.get(name) == typed else typed
        for name, typed in form.cleaned_data.items()
    }


def shown(field: forms.Field, value: Any) -> str:
    """Return a field's value in the words of the form."""
    if isinstance(field, forms.BooleanField):
        return _("On") if value else _("Off")
    if isinstance(field, forms.ChoiceField):
        labels: dict[Any, Any] = dict(field.choices)  # type: ignore[arg-type]  # flat choices
        chosen = value if isinstance(value, (list, tuple)) else ["" if value is None else str(value)]
        return ", ".join(str(labels.get(each, each)) for each in chosen) or "—"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={worth}" for key, worth in value.items()) or "—"
    return str(value) if value not in {"", None} else "—"
