"""Writes that can be sent again: the same ``Idempotency-Key`` with the same request gets the same answer.

The answer is kept by the transaction that did the work, so that there is one if and only if it was done. A request
that was refused did nothing, and leaves its key free.
"""

import datetime as dt
import hashlib
import re
from http import HTTPStatus

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from access.actors import user_of
from access.models import RememberedAnswer
from console.errors import ConflictError, DomainError, InvalidInputError
from console.sealing import seal, unseal

HEADER = "Idempotency-Key"
KEPT = dt.timedelta(hours=24)
_KEY = re.compile(r"[!-~]{1,255}")
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")


class OtherRequestError(DomainError):
    """Refuse a key that came with another request before."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AnsweredError(Exception):
    """Carry the answer of the first request out of the second, before it does anything."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


def key_of(request: HttpRequest) -> str:
    """Return the key that a request carries, empty for none. Raises InvalidInputError for what cannot be one."""
    key = request.headers.get(HEADER, "")
    if HEADER in request.headers and not _KEY.fullmatch(key):
        raise InvalidInputError(
            _("The Idempotency-Key has characters that it cannot have, or more than 255 of them."),
            "request.idempotency-key-invalid",
            field=HEADER,
            way_out=_("Send a fresh random text for each thing to do, such as a UUID."),
        )
    return key


def claim(request: HttpRequest, key: str) -> RememberedAnswer:
    """Return the row for this request's answer, within the transaction that does the work.

    Raises AnsweredError when it was done before, and OtherRequestError when the key came with another request. Who
    sends the same key at the same moment waits here until the first is done.
    """
    name = hashlib.sha256(f"{user_of(request).pk}\n{key}".encode()).hexdigest()
    print_ = _fingerprint(request)
    RememberedAnswer.objects.filter(pk=name, created_at__lte=timezone.now() - KEPT).delete()
    try:
        with transaction.atomic():
            return RememberedAnswer.objects.create(key=name, fingerprint=print_, created_at=timezone.now())
    except IntegrityError:
        row = RememberedAnswer.objects.filter(pk=name).first()
    if row is None:
        raise ConflictError(
            _("The first request with this key was undone at this moment."),
            "request.idempotency-key-busy",
            field=HEADER,
            way_out=_("Send it again."),
        )
    if row.fingerprint != print_:
        raise OtherRequestError(
            _("This Idempotency-Key came with another request before."),
            "request.idempotency-key-reused",
            field=HEADER,
            way_out=_("Send a fresh key with each request; only the very same request may have the same one."),
        )
    raise AnsweredError(_answer(row))


def remember(row: RememberedAnswer, response: HttpResponse) -> None:
    """Keep the answer of a request that was done."""
    row.status = response.status_code
    row.headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    row.sealed_body = seal(response.content)
    row.save(update_fields=["status", "headers", "sealed_body"])


def _answer(row: RememberedAnswer) -> HttpResponse:
    headers = {**row.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(unseal(row.sealed_body), status=row.status, headers=headers)


def _fingerprint(request: HttpRequest) -> str:
    """Return the digest of what is asked; the body is not kept, for it may hold a key."""
    asked = hashlib.sha256()
    for part in (request.method or "", request.get_full_path(), request.headers.get("If-Match", "")):
        asked.update(part.encode() + b"\n")
    asked.update(request.body)
    return asked.hexdigest()


def forget_answers() -> int:
    """Delete the answers whose time has passed; return how many."""
    return RememberedAnswer.objects.filter(created_at__lte=timezone.now() - KEPT).delete()[0]
