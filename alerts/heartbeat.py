"""The outgoing heartbeat: an address that is asked after each healthy scan, so that silence is noticed elsewhere."""

import logging
import ssl
from urllib.parse import urlsplit

import httpx
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.models import Heartbeat
from alerts.transports.reach import alerts_reach
from console.addresses import web_address
from console.errors import DomainError
from console.outbound import ask, run_to_end
from console.revisions import refuse_stale, save_revision
from console.sealing import seal, unseal
from events.actor import Actor
from events.feed import recording
from events.work import ask_for

BEAT_TASK = "alerts.tasks.beat_heart"
# A beat that nobody took up before the next scan is not worth making.
EXPIRES_SECONDS = 60
TOTAL_SECONDS = 10
LARGEST_ANSWER_BYTES = 1024
LONGEST_PROBLEM = 500

logger = logging.getLogger(__name__)


def heartbeat() -> Heartbeat:
    """Return the one row, unsaved while no address was ever given."""
    return Heartbeat.objects.order_by("pk").first() or Heartbeat(revision=0)


def set_heartbeat(actor: Actor, *, url: str, expected_revision: int | None = None) -> Heartbeat:
    """Have ``url`` asked after each healthy scan, or nothing when it is empty; raise InvalidInputError."""
    checked = _checked(url) if url.strip() else ""
    with recording(actor) as changes:
        row = heartbeat()
        refuse_stale(row, expected_revision, "heartbeat.stale", name=_("The heartbeat"))
        if not row.revision:
            row.save(force_insert=True)
        row.sealed_url = seal(checked.encode()) if checked else None
        row.host = urlsplit(checked).hostname or ""
        row.last_at, row.last_problem = None, ""
        save_revision(row, "sealed_url", "host", "last_at", "last_problem")
        summary = _("The heartbeat goes to %(host)s") % {"host": row.host} if checked else _("The heartbeat is off")
        changes.record("heartbeat.updated", row, summary)
    return row


def _checked(url: str) -> str:
    return web_address(
        url,
        field="url",
        code="heartbeat.invalid-url",
        example="https://hc-ping.com/your-uuid",
        secret_way_out=_("Use an address that holds its own secret in its path."),
    )


def ask_for_beat() -> None:
    """Have a worker ask the address; without an address, or without Redis, nothing happens."""
    if Heartbeat.objects.filter(sealed_url__isnull=False).exists():
        ask_for(BEAT_TASK, expires_seconds=EXPIRES_SECONDS)


def beat() -> Heartbeat:
    """Ask the address and keep what came of it; whatever that is, it harms nothing else."""
    row = heartbeat()
    if row.sealed_url is None:
        return row
    problem = _problem_of_asking(row.sealed_url)
    if problem:
        logger.warning("the heartbeat to %s failed: %s", row.host, problem)
    # Only while the address is the one that was asked.
    same = Heartbeat.objects.filter(pk=row.pk, revision=row.revision)
    same.update(last_problem=problem[:LONGEST_PROBLEM], **({} if problem else {"last_at": timezone.now()}))
    row.refresh_from_db()
    return row


def _problem_of_asking(sealed: bytes | memoryview) -> str:
    """Return why the address did not take the beat, empty when it did. Its own words may name the address: left out."""
    try:
        request = httpx.Request("GET", unseal(sealed).decode(), headers={"user-agent": "lbadmin"})
        reply = run_to_end(ask(request, alerts_reach(), seconds=TOTAL_SECONDS, most_bytes=LARGEST_ANSWER_BYTES))
    except DomainError as error:
        return str(error)
    except TimeoutError:
        return _("No complete answer within %(seconds)d seconds.") % {"seconds": TOTAL_SECONDS}
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError) as error:
        return _("No answer: %(error)s") % {"error": str(error) or type(error).__name__}
    if httpx.codes.is_success(reply.status):
        return ""
    return _("It answered %(status)d.") % {"status": reply.status}
