"""Check the states that lists are filtered by."""

from django.utils.translation import gettext as _

from console.errors import InvalidInputError


def check_state(value: str, choices: list[str]) -> None:
    """Refuse a state that there is not."""
    if value not in choices:
        message = _("“%(value)s” is no state.") % {"value": value[:50]}
        way_out = _("Use one of: %(choices)s.") % {"choices": ", ".join(choices)}
        raise InvalidInputError(message, "request.unknown-state", field="state", way_out=way_out)
