"""What single values of a rule may be: each check refuses with the value's place, the cause and the way out."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from console.errors import InvalidInputError

_SHOWN = 60
PRINTABLE = re.compile(r"[\x20-\x7e]*")
HEADER_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


def refuse(place: str, message: str, code: str, way_out: str) -> InvalidInputError:
    """Return the error about the value at ``place``, such as ``conditions.0.values.1``."""
    return InvalidInputError(message, f"rule.{code}", field=place, way_out=way_out)


def check_text(place: str, value: str, label: str, lengths: range) -> None:
    """Refuse a text that is too short, too long, or has characters outside printable ASCII."""
    if len(value) not in lengths or not PRINTABLE.fullmatch(value) or value != value.strip():
        raise refuse(
            place,
            _("%(label)s cannot be “%(value)s”.") % {"label": label, "value": shortened(value)},
            "text-invalid",
            _("Use %(low)s to %(high)s printable ASCII characters, without spaces at the ends.")
            % {"low": lengths.start, "high": lengths.stop - 1},
        )


def check_number(place: str, value: int, label: str, allowed: range) -> None:
    """Refuse a number out of range."""
    if value not in allowed:
        raise refuse(
            place,
            _("%(label)s cannot be %(value)s.") % {"label": label, "value": shortened(str(value))},
            "number-invalid",
            _("Give a whole number from %(low)s to %(high)s.")
            % {"low": f"{allowed.start:,}", "high": f"{allowed.stop - 1:,}"},
        )


def check_choice(place: str, value: Any, label: str, allowed: Iterable[Any]) -> None:
    """Refuse what is not one of ``allowed``."""
    choices = list(allowed)
    if value not in choices:
        raise refuse(
            place,
            _("%(label)s cannot be “%(value)s”.") % {"label": label, "value": shortened(str(value))},
            "choice-invalid",
            _("Choose one of %(allowed)s.") % {"allowed": ", ".join(map(str, choices))},
        )


def check_count(place: str, values: tuple[Any, ...], most: int, label: str, *, least: int = 1) -> None:
    """Refuse too few or too many values, and the same value twice."""
    if not least <= len(values) <= most:
        raise refuse(
            place,
            _("%(label)s has %(count)s values.") % {"label": label, "count": len(values)},
            "count-invalid",
            _("Give %(low)s to %(high)s values.") % {"low": least, "high": most},
        )
    repeated = next((value for place_, value in enumerate(values) if value in values[:place_]), None)
    if repeated is not None:
        raise refuse(
            place,
            _("%(label)s names “%(value)s” twice.") % {"label": label, "value": shortened(str(repeated))},
            "value-twice",
            _("Leave one of the two out."),
        )


def check_header_key(place: str, key: str, forbidden: Iterable[str] = ()) -> None:
    """Refuse what cannot be a header's name, and names that belong to the connection or to the load balancer."""
    if not HEADER_KEY.fullmatch(key):
        raise refuse(
            place,
            _("“%(key)s” cannot be the name of a header.") % {"key": shortened(key)},
            "header-key-invalid",
            _("Use 1 to 40 letters, digits, hyphens and underscores."),
        )
    names = sorted(forbidden)
    if key.lower() in names:
        raise refuse(
            place,
            _("The header “%(key)s” cannot be used here.") % {"key": key},
            "header-key-forbidden",
            _("These are kept: %(names)s.") % {"names": ", ".join(names)},
        )


def shortened(value: str) -> str:
    """Return at most as much of ``value`` as a message can carry."""
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
