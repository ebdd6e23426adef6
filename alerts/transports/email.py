"""Mail: one message with text and HTML, by the server of EMAIL_URL or into files of the data directory."""

import contextlib
import functools
import logging
import smtplib
import threading
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parseaddr

from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.filebased import EmailBackend as FileBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.core.mail.message import sanitize_address
from django.utils.translation import gettext as _

from alerts.models import Channel
from alerts.transports.contract import LONGEST_REQUEST, Message, Prepared, Receipt, TransportError

# The server may take this long for the whole conversation; each single answer has EMAIL_TIMEOUT.
TOTAL_SECONDS = 45
FIRST_PERMANENT_CODE = 500
Refusals = Mapping[str, tuple[int, bytes]]

logger = logging.getLogger(__name__)


def mailed(channel: Channel, message: Message) -> Prepared:
    """Return the mail to every recipient who has no final answer yet."""
    waiting = [address for address in channel.recipients if address not in message.settled_recipients]
    built = _build(channel, message)
    headers = {"From": built.from_email, "To": ", ".join(built.to), "Subject": built.subject, **built.extra_headers}
    lines = [f"RCPT TO {', '.join(waiting)}", *(f"{name}: {value}" for name, value in headers.items())]
    return Prepared("\n".join([*lines, "", message.text])[:LONGEST_REQUEST], functools.partial(_send, built, waiting))


def _send(built: mail.EmailMultiAlternatives, waiting: Sequence[str]) -> Receipt:
    if not waiting:
        return Receipt(_("Every recipient already has an answer."))
    connection: BaseEmailBackend = mail.get_connection()
    if isinstance(connection, SmtpBackend):
        return _settle(waiting, _send_smtp(connection, built, waiting))
    return _hand_over(connection, built)


def _build(channel: Channel, message: Message) -> mail.EmailMultiAlternatives:
    """Build the mail; Django refuses line breaks in headers, and ``one_line`` leaves none to refuse."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    built = mail.EmailMultiAlternatives(
        subject=one_line(message.subject),
        body=message.text,
        to=channel.recipients,
        headers={
            "Message-ID": f"<{message.key}@{domain}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers
        },
    )
    built.attach_alternative(message.html, "text/html")
    return built


def one_line(text: str) -> str:
    """Return ``text`` without control characters and without marks that turn the direction of what follows."""
    marks = {*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"}
    kept = "".join(
        " " if ord(char) < ord(" ") or "\x7f" <= char <= "\x9f" else char for char in text if char not in marks
    )
    return " ".join(kept.split())


def _hand_over(connection: BaseEmailBackend, built: mail.EmailMultiAlternatives) -> Receipt:
    try:
        connection.send_messages([built])
    except OSError as error:
        raise TransportError(str(error), permanent=False) from error
    if isinstance(connection, FileBackend):
        path = connection._get_filename()  # type: ignore[attr-defined]  # noqa: SLF001  # the only way to learn it
        return Receipt(_("Written to the file %(path)s: EMAIL_URL names no mail server.") % {"path": path})
    return Receipt(_("Handed to %(backend)s.") % {"backend": settings.EMAIL_BACKEND})


def _send_smtp(connection: SmtpBackend, built: mail.EmailMultiAlternatives, waiting: Sequence[str]) -> Refusals:
    """Return the recipients that the server refused; raise TransportError when nobody can be reached now."""
    encoding = built.encoding or settings.DEFAULT_CHARSET
    sender = sanitize_address(built.from_email, encoding)
    recipients = {sanitize_address(address, encoding): address for address in waiting}
    content = built.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own classes take it
    try:
        with _conversation(connection) as smtp:
            refused = smtp.sendmail(sender, list(recipients), content)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except smtplib.SMTPResponseException as error:
        raise _failure(error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TransportError(_reason(error), permanent=False) from error
    return {recipients[address]: answer for address, answer in refused.items()}


@contextlib.contextmanager
def _conversation(connection: SmtpBackend) -> Iterator[smtplib.SMTP]:
    """Open and close a connection; a server that talks for too long is cut off."""
    try:
        connection.open()
    except OSError:  # of which SMTPException is one; refused at STARTTLS or the login, the socket is still open
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()
        raise
    smtp = connection.connection
    if smtp is None:
        raise smtplib.SMTPServerDisconnected
    guard = threading.Timer(TOTAL_SECONDS, smtp.close)
    guard.daemon = True
    guard.start()
    try:
        yield smtp
    finally:
        guard.cancel()
        # The message is taken or refused by now: a bad farewell changes nothing and must not look like a failure.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()


def _failure(error: smtplib.SMTPResponseException) -> TransportError:
    """Tell content that is refused for good from a sender or login, which the settings put right."""
    is_content = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= FIRST_PERMANENT_CODE
    return TransportError(
        _reason(error), permanent=is_content, answer=_spell((error.smtp_code, _bytes(error.smtp_error)))
    )


def _settle(waiting: Sequence[str], refused: Refusals) -> Receipt:
    """Sort out who has the message, who never will, and who is asked again later."""
    for address, answer in refused.items():
        logger.warning("the mail server refused %s: %s", address, _spell(answer))
    later = {address for address, (code, _text) in refused.items() if code < FIRST_PERMANENT_CODE}
    taken = [address for address in waiting if address not in refused]
    final = {address: _("accepted") for address in taken}
    final |= {address: _spell(answer) for address, answer in refused.items() if address not in later}
    summary = _summary(taken, refused)
    if later:
        raise TransportError(summary, permanent=False, answer=summary, recipients=final)
    if not taken:
        raise TransportError(summary, permanent=True, answer=summary, recipients=final)
    return Receipt(summary, final)


def _summary(taken: Sequence[str], refused: Refusals) -> str:
    parts = [_("Accepted for %(addresses)s.") % {"addresses": ", ".join(taken)}] if taken else []
    parts += [
        _("Refused for %(address)s: %(answer)s.") % {"address": address, "answer": _spell(answer)}
        for address, answer in refused.items()
    ]
    return " ".join(parts)


def _spell(answer: tuple[int, bytes]) -> str:
    code, text = answer
    return one_line(f"{code} {_bytes(text).decode(errors='replace')}")[:300]


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _("The mail server answered %(answer)s") % {
            "answer": _spell((error.smtp_code, _bytes(error.smtp_error)))
        }
    return _("The mail server could not be reached or broke off: %(error)s") % {
        "error": str(error) or type(error).__name__
    }
