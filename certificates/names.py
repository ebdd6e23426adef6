"""The names by which operators call their certificates."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from certificates.models import Certificate
from certificates.parsing.bundles import Bundle
from console.errors import ConflictError, InvalidInputError

LONGEST_NAME = 128
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def checked_name(text: str, *, is_required: bool = False) -> str:
    """Return a name without spaces around it; blank means that the certificate's first name is taken."""
    name = text.strip()
    if is_required and not name:
        raise _invalid(_("The certificate needs a name."))
    if len(name) > LONGEST_NAME:
        raise _invalid(_("The name is longer than %(limit)s characters.") % {"limit": LONGEST_NAME})
    if _CONTROL.search(name):
        raise _invalid(_("The name has a control character, such as a line break."))
    return name


def names_for(given: Sequence[str], bundles: Sequence[Bundle]) -> list[str]:
    """Return a name for each bundle; raise ConflictError where a given one is taken."""
    free = _FreeNames([name or _first_name(bundle) for name, bundle in zip(given, bundles, strict=True)])
    names = []
    for name, bundle in zip(given, bundles, strict=True):
        if name and name in free.taken:
            raise name_taken(name)
        names.append(free.take(name or _first_name(bundle)))
    return names


def free_names(wanted: Sequence[str]) -> list[str]:
    """Return the names, with a number behind those that are taken; blank ones stay blank."""
    free = _FreeNames([name for name in wanted if name])
    return [free.take(name) if name else "" for name in wanted]


def name_taken(name: str) -> ConflictError:
    """Return the error for a name that another certificate has."""
    return ConflictError(
        _("Another certificate is called “%(name)s”.") % {"name": name},
        "certificate.name-taken",
        field="name",
        way_out=_("Choose another name, or replace that certificate."),
    )


def taken_names(names: Sequence[str]) -> set[str]:
    """Return those of the names that certificates have."""
    batch = 500
    return {
        name
        for start in range(0, len(names), batch)
        for name in Certificate.objects.filter(name__in=names[start : start + batch]).values_list("name", flat=True)
    }


def _first_name(bundle: Bundle) -> str:
    leaf = bundle.leaf.description
    # A common name that is no host name is kept normalised, for searches; people write it as it came.
    name = leaf.names[0].value if leaf.names and leaf.names[0].kind != "cn" else leaf.label
    return name[: LONGEST_NAME - 8]


class _FreeNames:
    """Hand out names, each once: a taken one with the first number behind it that makes it unique."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self.taken = taken_names(wanted)
        self._last: dict[str, int] = {}

    def take(self, name: str) -> str:
        """Return ``name`` or what comes nearest."""
        candidate, number = name, self._last.get(name, 1)
        while candidate in self.taken:
            number += 1
            candidate = f"{name[: LONGEST_NAME - 8]} {number}"
            if candidate not in self.taken and Certificate.objects.filter(name=candidate).exists():
                self.taken.add(candidate)
        self._last[name] = number
        self.taken.add(candidate)
        return candidate


def _invalid(message: str) -> InvalidInputError:
    return InvalidInputError(message, "certificate.name-invalid", field="name")
