"""Put a list that was read into its row: a newer one of the same issuer takes the place of the one before."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.models import Certificate, RevocationList
from certificates.parsing.parser import parser
from certificates.parsing.refusals import Refusal
from certificates.parsing.revocation_lists import FIELD, ListUpload, ReadList
from certificates.revocation.chains import list_issuers, pem_of
from certificates.revocation.messages import list_error
from console.errors import ConflictError, InvalidInputError
from events.feed import Recorder

LIST_FIELDS = (
    "source", "url", "when_expired", "issuer", "issuer_spki_sha256", "number", "der", "sha256", "entries",
    "this_update", "next_update", "next_fetch_at", "etag", "last_modified", "fetched_at", "last_problem", "failures",
    "revision",
)  # fmt: skip
# The weakest first.
_SOURCES = (RevocationList.Source.UPLOADED, RevocationList.Source.URL, RevocationList.Source.AUTHORITY)


def read_for(certificate: Certificate, data: bytes) -> ReadList:
    """Return what ``data`` says; raise DomainError for what no listener with ``certificate`` could use now."""
    try:
        read = parser.read_list(ListUpload(data, tuple(map(pem_of, list_issuers(certificate)))))
    except Refusal as refusal:
        raise list_error(refusal) from None
    _refuse_untimely(read, timezone.now())
    return read


def store(changes: Recorder, row: RevocationList, read: ReadList, when_expired: str = "") -> RevocationList:
    """Store ``read`` in ``row``, or in the row that its issuer has already; raise ConflictError for an older list.

    ``row`` says where the list comes from; it may be new. A blank ``when_expired`` keeps the choice made before.
    """
    rows = RevocationList.objects.defer("der").select_related("certificate").filter(certificate_id=row.certificate_id)
    held = rows.filter(issuer_spki_sha256=read.issuer_spki_sha256).exclude(pk=row.pk).first()
    for older in (held, row):
        if older is not None:
            refuse_older(older, read)
    if held is not None and row._state.adding:  # noqa: SLF001  # Django's documented way to ask
        row = _taken_over(held, row)
    elif held is not None:
        held.delete()
    is_new = row.sha256 != read.sha256 or bool(when_expired and when_expired != row.when_expired)
    row.when_expired = when_expired or row.when_expired
    _fill(row, read)
    if is_new:
        row.revision += 1
    _save(row)
    if is_new:
        _record(changes, row)
    return row


def _taken_over(held: RevocationList, given: RevocationList) -> RevocationList:
    """Return ``held`` with the stronger of the two sources: an upload does not end the fetching of a list."""
    if _SOURCES.index(RevocationList.Source(given.source)) >= _SOURCES.index(RevocationList.Source(held.source)):
        if (held.source, held.url) != (given.source, given.url):
            held.etag = held.last_modified = ""
            held.next_fetch_at = None
        held.source, held.url = given.source, given.url
    return held


def refuse_older(held: RevocationList, read: ReadList) -> None:
    """Raise ConflictError when ``held`` is newer: going back would let revoked clients in again."""
    if held.this_update is None or held.issuer_spki_sha256 != read.issuer_spki_sha256:
        return
    if _order(held.number, held.this_update, read.number) > _order(read.number, read.this_update, held.number):
        raise ConflictError(
            _("This list of “%(issuer)s” (%(given)s) is older than the one that is carried (%(held)s).")
            % {
                "issuer": read.issuer,
                "given": _described(read.number, read.this_update),
                "held": _described(held.number, held.this_update),
            },
            "crl.older",
            field=FIELD,
            way_out=_("Give the authority's newest list. To go back all the same, delete the carried list first."),
        )


def _order(number: str, this_update: dt.datetime, other: str) -> tuple[int, dt.datetime]:
    """Return what lists are compared by: their numbers where both have one, then their dates."""
    return (int(number, 16) if number and other else 0, this_update)


def _described(number: str, this_update: dt.datetime) -> str:
    moment = f"{this_update:%Y-%m-%d %H:%M} UTC"
    return _("number %(number)s of %(moment)s") % {"number": int(number, 16), "moment": moment} if number else moment


def _refuse_untimely(read: ReadList, now: dt.datetime) -> None:
    if read.next_update is not None and read.next_update <= now:
        raise InvalidInputError(
            _("This list of “%(issuer)s” ended on %(moment)s.")
            % {"issuer": read.issuer, "moment": f"{read.next_update:%Y-%m-%d %H:%M} UTC"},
            "crl.expired",
            field=FIELD,
            way_out=_("Give the list that the authority publishes now."),
        )
    if read.this_update > now:
        raise InvalidInputError(
            _("This list of “%(issuer)s” begins only on %(moment)s; until then listeners would refuse every client.")
            % {"issuer": read.issuer, "moment": f"{read.this_update:%Y-%m-%d %H:%M:%S} UTC"},
            "crl.not-yet-valid",
            field=FIELD,
            way_out=_("Check the clocks of the authority and of this machine, or try again then."),
        )


def _fill(row: RevocationList, read: ReadList) -> None:
    for field in ("issuer", "issuer_spki_sha256", "number", "der", "sha256", "entries", "this_update", "next_update"):
        setattr(row, field, getattr(read, field))
    row.fetched_at = timezone.now()
    row.last_problem, row.failures = "", 0


def _save(row: RevocationList) -> None:
    if row._state.adding:  # noqa: SLF001
        row.revision = 1
        row.save(force_insert=True)
    else:
        row.save(update_fields=LIST_FIELDS)


def _record(changes: Recorder, row: RevocationList) -> None:
    name = row.certificate.name
    summary = f"“{name}” carries a revocation list of {row.issuer} (entries: {row.entries})"
    changes.record(
        "certificate.revocation_list_stored",
        row.certificate,
        summary,
        list=row.pk,
        number=row.number,
        sha256=row.sha256,
    )
