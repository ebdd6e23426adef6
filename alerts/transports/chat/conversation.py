"""Ask the process that speaks to chat and paging services, for as long as one message may take."""

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from console.errors import InvalidInputError

CODE = "channel.invalid-target"
# For starting, the name, the connection and the answer; a service that is split asks several times.
TOTAL_SECONDS = 30
LONGEST_CHAT_ADDRESS = 2000

logger = logging.getLogger(__name__)


class ChatProcessError(Exception):
    """The process broke off, or took too long."""


@dataclass(frozen=True, slots=True)
class ChatAddress:
    """An address of a service: itself, and the form of it that holds no secret."""

    address: str
    shown: str


def chat_address(text: str) -> ChatAddress:
    """Return the address of a service that Apprise knows; raise InvalidInputError that says what is wrong with it."""
    url = text.strip()
    if not url or len(url) > LONGEST_CHAT_ADDRESS or not url.isprintable() or " " in url:
        message, way_out = _("The address is empty, too long, or holds spaces."), _("Give one Apprise address.")
        raise InvalidInputError(message, CODE, field="target", way_out=way_out)
    try:
        found = converse({"verb": "check", "url": url})
    except ChatProcessError as error:
        way_out = _("Give an address as Apprise documents it.")
        raise InvalidInputError(str(error), CODE, field="target", way_out=way_out) from error
    if not found["ok"]:
        raise _refused(found)
    return ChatAddress(url, str(found["shown"]))


def _refused(found: Mapping[str, Any]) -> InvalidInputError:
    """Return the refusal of an address, which must not repeat it: it holds secrets."""
    if found.get("problem") == "local":
        message = _("This service reaches only the machine that lbadmin runs on.")
        way_out = _("Choose a service that reaches people.")
    else:
        message = _("This is not the address of a service that Apprise knows.")
        way_out = _("Write it like ntfy://ntfy.example.com/topic; https://appriseit.com lists the services.")
    return InvalidInputError(message, CODE, field="target", way_out=way_out)


def converse(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return the process's answer; raise ChatProcessError when there is none in time."""
    try:
        done = subprocess.run(
            (sys.executable, "-m", "alerts.transports.chat.process"),
            cwd=settings.BASE_DIR,
            env={"LC_ALL": "C.UTF-8"},  # nothing of ours: the environment holds secrets, and names proxies
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=TOTAL_SECONDS,
            check=False,
        )
        found = json.loads(done.stdout) if done.returncode == 0 else None
    except subprocess.TimeoutExpired as error:
        raise ChatProcessError(_("No answer within %(seconds)d seconds.") % {"seconds": TOTAL_SECONDS}) from error
    except (OSError, ValueError) as error:
        raise ChatProcessError(f"{type(error).__name__}: {error}") from error
    if found is None:
        # The end of what it wrote names the place; a whole traceback may quote the address.
        logger.error("the process for chat services ended with %d", done.returncode)
        raise ChatProcessError(_("The message could not be handed over: the service's answer was too much."))
    return dict(found)
