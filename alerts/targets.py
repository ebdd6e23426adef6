"""Where messages may go: mail addresses and webhook addresses, checked and written one way. Pure."""

import re
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from console.errors import InvalidInputError

MOST_RECIPIENTS = 20
LONGEST_TARGET = 2000


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
    url = text.strip()
    if len(url) > LONGEST_TARGET or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        raise _invalid(_("The address is too long, or holds spaces."), _("Give one http or https address."))
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = _("“%(url)s” is not an http or https address.") % {"url": url[:200]}
        raise _invalid(message, _("Write it like https://hooks.example.com/lbadmin."))
    if "@" in parts.netloc:
        message = _("The address holds a user name or password, which logs and lists would show.")
        raise _invalid(message, _("Leave it out: receivers check the signature of each message."))
    return url.partition("#")[0]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:  # a port that is no port, a broken IPv6 address, an impossible host name
        parts, port = SplitResult("", "", "", "", ""), None
    return parts if port != 0 else SplitResult("", "", "", "", "")


def _invalid(message: str, way_out: str) -> InvalidInputError:
    return InvalidInputError(message, "channel.invalid-target", field="target", way_out=way_out)
