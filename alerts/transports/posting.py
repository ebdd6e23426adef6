"""Post to a receiver within bounds, and say what its answer means."""

import ssl
from collections.abc import Mapping

import httpx
from django.utils.translation import gettext as _

from alerts.transports.contract import LONGEST_ANSWER, LONGEST_REQUEST, Receipt, TransportError
from alerts.transports.reach import alerts_reach
from console.errors import DomainError
from console.outbound import Reply, ask, run_to_end

# For everything together: name, connection, TLS, request, answer.
TOTAL_SECONDS = 5
LARGEST_ANSWER_BYTES = 16_384
GONE = 410
# What the same message will meet again tomorrow. A login that is refused or an overload is put right meanwhile.
PERMANENT_STATUSES = frozenset({400, 405, 406, GONE, 411, 413, 414, 415, 422, 431, 451, 501})
# Proofs of who sends; the log has no use for them.
SIGNATURE_HEADER = "webhook-signature"
ALWAYS = {
    "user-agent": "lbadmin",
    "accept-encoding": "identity",  # an answer that cannot grow while it is read
}


def post(url: str, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Post the body; any answer of 200 to 299 within five seconds means that it was taken. Follow no redirect."""
    try:
        request = httpx.Request("POST", url, headers={**ALWAYS, **headers}, content=body)
        reply = run_to_end(ask(request, alerts_reach(), seconds=TOTAL_SECONDS, most_bytes=LARGEST_ANSWER_BYTES))
    except DomainError as error:
        raise TransportError(str(error), permanent=False) from error
    except TimeoutError as error:
        reason = _("No complete answer within %(seconds)d seconds.") % {"seconds": TOTAL_SECONDS}
        raise TransportError(reason, permanent=False) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError) as error:
        reason = _("No answer: %(error)s") % {"error": str(error) or type(error).__name__}
        raise TransportError(reason, permanent=False) from error
    return _judge(reply)


def posted(url: str, headers: Mapping[str, str], body: str) -> str:
    """Return a request as the log keeps it: its proofs left out, its body cut."""
    shown = {name: "…" if name == SIGNATURE_HEADER else value for name, value in headers.items()}
    lines = [f"POST {url}", *(f"{name}: {value}" for name, value in shown.items()), "", body]
    return "\n".join(lines)[:LONGEST_REQUEST]


def _text(answer: bytes) -> str:
    """Return the answer as the log keeps it: PostgreSQL takes no NUL in a text."""
    return answer.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _judge(reply: Reply) -> Receipt:
    """Return a receipt for success, or raise what the status means."""
    answer = f"HTTP {reply.status} {_text(reply.body)}".strip()[:LONGEST_ANSWER]
    if httpx.codes.is_success(reply.status):
        return Receipt(answer)
    if httpx.codes.is_redirect(reply.status):
        reason = _("The receiver answered with a redirect (%(status)d); redirects are not followed.")
        raise TransportError(reason % {"status": reply.status}, permanent=True, answer=answer)
    reason = _("The receiver answered %(status)d.") % {"status": reply.status}
    raise TransportError(
        reason,
        permanent=reply.status in PERMANENT_STATUSES,
        answer=answer,
        is_gone=reply.status == GONE,
        retry_after_seconds=_retry_after(reply.headers),
    )


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds of a Retry-After header; its other form, a date, is rare and left to the back-off."""
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < len("1000000") else 0
