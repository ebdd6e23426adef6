"""Check what is due: many addresses at a time, each result written by the holder of the lease alone."""

import asyncio
import datetime as dt
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from OpenSSL import SSL

from certificates.models import Certificate, Kind
from certificates.parsing.bundles import ServedChain
from certificates.parsing.parser import parser
from console.outbound import run_to_end
from watchlist.connecting import UnreachableError
from watchlist.handshake import Answer, ask, opened_context
from watchlist.models import WatchedAddress
from watchlist.problems import problem
from watchlist.results import keep_answer, keep_failure
from watchlist.targets import Target

AT_ONCE = 20
MOST_AUTHORITIES = 2_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to write the result of one check."""

    address: WatchedAddress
    lease: uuid.UUID

    @property
    def target(self) -> Target:
        """What is asked."""
        row = self.address
        return Target(row.host, row.port, row.server_name, row.starttls)


def check_due(budget_seconds: float) -> int:
    """Check until nothing is due or the time is over; return how many addresses were asked."""
    deadline, count = time.monotonic() + budget_seconds, 0
    context: SSL.Context | None = None
    while time.monotonic() < deadline and (turns := _take(due(timezone.now()))):
        context = context or opened_context(_authorities())
        _check(turns, context)
        count += len(turns)
    return count


def check_one(address_id: str) -> bool:
    """Check one address now; False when somebody else is asking it already."""
    turns = _take(WatchedAddress.objects.filter(_free(timezone.now()), pk=address_id))
    if turns:
        _check(turns, opened_context(_authorities()))
    return bool(turns)


def due(now: dt.datetime) -> "QuerySet[WatchedAddress]":
    """Return what is to be checked now and nobody is checking."""
    return WatchedAddress.objects.filter(_free(now), enabled=True, next_check_at__lte=now)


def _free(now: dt.datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lte=now)


def _take(rows: "QuerySet[WatchedAddress]") -> list[Turn]:
    """Take the rows that have waited longest; another worker takes others."""
    now, turns = timezone.now(), []
    until = now + dt.timedelta(seconds=settings.WATCHLIST_LEASE_SECONDS)
    for row in rows.order_by("next_check_at", "pk")[:AT_ONCE]:
        key = uuid.uuid4()
        if WatchedAddress.objects.filter(_free(now), pk=row.pk).update(lease=key, leased_until=until):
            turns.append(Turn(row, key))
    return turns


def _authorities() -> list[x509.Certificate]:
    """Return the CA certificates of the repository: an operator's own authorities are trusted beside the machine's."""
    rows = Certificate.objects.filter(kind=Kind.CA, current_version__isnull=False).order_by("-not_after", "pk")
    pems = rows.values_list("current_version__leaf_pem", "current_version__chain_pem")[:MOST_AUTHORITIES]
    return [
        each for leaf, chain in pems for each in x509.load_pem_x509_certificates(f"{leaf.rstrip()}\n{chain}".encode())
    ]


def _check(turns: Sequence[Turn], context: SSL.Context) -> None:
    answers = run_to_end(_ask_all([turn.target for turn in turns], context))
    shown = [answer for answer in answers if isinstance(answer, Answer)]
    read = dict(zip(map(id, shown), parser.read_served([ServedChain(answer.chain) for answer in shown]), strict=True))
    for turn, answer in zip(turns, answers, strict=True):
        if isinstance(answer, UnreachableError):
            keep_failure(turn.address, turn.lease, problem(answer.code, **answer.parameters))
            continue
        links = read[id(answer)]
        if isinstance(links, tuple):
            keep_answer(turn.address, turn.lease, turn.target, links, answer)
        else:
            keep_failure(turn.address, turn.lease, problem("unreadable"))


async def _ask_all(targets: Sequence[Target], context: SSL.Context) -> list[Answer | UnreachableError]:
    return list(await asyncio.gather(*(_ask(target, context) for target in targets)))


async def _ask(target: Target, context: SSL.Context) -> Answer | UnreachableError:
    """Ask one; a process edge, so that nothing that goes wrong with it keeps the others from being asked."""
    try:
        return await ask(target, context, seconds=settings.WATCHLIST_CHECK_SECONDS)
    except UnreachableError as error:
        return error
    except Exception:
        logger.exception("watched address %s could not be checked", target.host)
        return UnreachableError("broken-off")
