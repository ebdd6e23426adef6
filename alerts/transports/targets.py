"""Where messages may go: mail addresses and webhook addresses, checked and written one way. Pure."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from console.addresses import LONGEST_ADDRESS, web_address
from console.errors import InvalidInputError

MOST_RECIPIENTS = 20
LONGEST_TARGET = LONGEST_ADDRESS


def parse_recipients(text: str) -> list[str]:
    """Return the mail addresses in ``text``, which may be separated by commas, semicolons, spaces or line ends.

    Raises InvalidInputError for none, for too many and for what is no address.
    """
    addresses = list(dict.fromkeys(part for part in re.split(r"[,;\s]+", text) if part))
    if not addresses:
        raise _invalid(_("No mail address is given."), _("Give at least one, such as ops@example.com."))
    if len(addresses) > MOST_RECIPIENTS:
        message = _("%(count)d mail addresses are too many for one channel.") % {"count": len(addresses)}
        raise _invalid(message, _("Give at most %(most)d, or a mailing list.") % {"most": MOST_RECIPIENTS})
    for address in addresses:
        _check_address(address)
    return addresses


def _check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        message = _("“%(address)s” is not a mail address.") % {"address": address[:320]}
        raise _invalid(message, _("Write it like ops@example.com, without a name around it.")) from None


def parse_webhook_url(text: str) -> str:
    """Return the webhook address in ``text``; raise InvalidInputError that says what is wrong with it."""
    return web_address(
        text,
        field="target",
        code="channel.invalid-target",
        example="https://hooks.example.com/lbadmin",
        secret_way_out=_("Leave it out: receivers check the signature of each message."),
    )


def _invalid(message: str, way_out: str) -> InvalidInputError:
    return InvalidInputError(message, "channel.invalid-target", field="target", way_out=way_out)
