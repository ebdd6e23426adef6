"""Where a channel sends to, checked as its kind asks: what is shown of it, and what is sealed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from alerts.models import Channel
from alerts.transports.chat.conversation import chat_address
from alerts.transports.targets import LONGEST_TARGET, parse_recipients, parse_webhook_url
from console.errors import InvalidInputError
from console.sealing import seal


@dataclass(frozen=True, slots=True)
class Target:
    """What is shown of a target, and the whole of it, sealed, where that holds secrets."""

    shown: str
    sealed: bytes | None = None


def checked_target(kind: str, text: str) -> Target:
    """Return where a channel of a kind sends to; raise InvalidInputError that says what is wrong with ``text``."""
    return _CHECKS[kind](text)


def _mail(text: str) -> Target:
    joined = ", ".join(parse_recipients(text))
    if len(joined) > LONGEST_TARGET:
        message = _("The mail addresses are too long together.")
        raise InvalidInputError(message, "channel.invalid-target", field="target", way_out=_("Use a mailing list."))
    return Target(joined)


def _web(text: str) -> Target:
    return Target(parse_webhook_url(text))


def _chat(text: str) -> Target:
    found = chat_address(text)
    return Target(found.shown, seal(found.address.encode()))


_CHECKS: Mapping[str, Callable[[str], Target]] = {
    Channel.Kind.EMAIL: _mail,
    Channel.Kind.WEBHOOK: _web,
    Channel.Kind.CALLBACK: _web,
    Channel.Kind.APPRISE: _chat,
}
