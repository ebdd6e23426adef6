"""What a message says of each certificate: its name, its end, what uses it and where its page is."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.kinds import CERTIFICATE, CHAIN
from authorities.models import Authority
from certificates.models import Certificate, CertificateName
from certificates.usage import usages_of
from console.durations import words
from events.models import Notice

NAMES_SHOWN = 5
# As the console's badges, of which mail has three.
COLOURS = ((dt.timedelta(days=1), "red"), (dt.timedelta(days=30), "amber"))


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate near or past its end; ``names`` are its first few, ``more_names`` how many there are beside."""

    certificate_id: str
    name: str
    member: str  # of the chain, that ends; empty where it is the certificate itself
    kind: str
    kind_label: str
    version: int
    subject_kind: str
    ends_at: dt.datetime
    threshold_hours: int | None  # None in a test
    names: tuple[str, ...]
    more_names: int
    used_by: tuple[str, ...]
    url: str
    is_expired: bool
    when: str  # "ends in 6 days", "ended 2 days ago"
    colour: str  # of the mail's pill
    authority_url: str  # where an authority's own certificate is renewed; empty for any other

    @property
    def act_url(self) -> str:
        """The page on which an operator mends it."""
        return self.authority_url or self.url

    @property
    def is_chain(self) -> bool:
        """Whether it is a certificate of the chain that ends, sooner than the certificate itself."""
        return self.subject_kind == CHAIN


def endings_of(notices: Iterable[Notice], now: dt.datetime) -> list[Ending]:
    """Return what to say of each notice, soonest end first as given, in a fixed number of queries."""
    listed = list(notices)
    known, facts = _known({notice.subject_id for notice in listed})
    return [
        replace(
            facts.ending(known[notice.subject_id], notice.subject_kind, notice.expires_at, notice.threshold_hours, now),
            member=_member(notice, known[notice.subject_id].name),
        )
        for notice in listed
        if notice.subject_id in known
    ]


def _member(notice: Notice, certificate_name: str) -> str:
    """Return the name of a chain's member, which the ledger writes behind that of the certificate."""
    return notice.subject_name.removeprefix(f"{certificate_name}: ") if notice.subject_kind == CHAIN else ""


@contextmanager
def remembered_endings(certificate_ids: Sequence[str]) -> Iterator[None]:
    """Know these certificates for as long as the block, so that not every message about one of them reads it anew."""
    known = _certificates(certificate_ids)
    token = _remembered.set((known, _Facts(tuple(known.values()))))
    try:
        yield
    finally:
        _remembered.reset(token)


def _known(certificate_ids: AbstractSet[str]) -> "Known":
    remembered = _remembered.get()
    if remembered and certificate_ids <= remembered[0].keys():
        return remembered
    known = _certificates(list(certificate_ids))
    return known, _Facts(tuple(known.values()))


def soonest_endings(count: int, now: dt.datetime) -> list[Ending]:
    """Return the certificates that end soonest, for a message that is only a test."""
    rows = Certificate.objects.select_related("current_version").filter(current_version__isnull=False)
    found = tuple(rows.order_by("not_after", "id")[:count])
    facts = _Facts(found)
    return [facts.ending(row, CERTIFICATE, row.not_after or now, None, now) for row in found]


def public_url(name: str, *args: object) -> str:
    """Return the whole address of a page, as a mail needs it."""
    return urljoin(f"{settings.PUBLIC_URL}/", reverse(name, args=args).lstrip("/"))


def _certificates(ids: Sequence[str]) -> dict[str, Certificate]:
    return Certificate.objects.select_related("current_version").in_bulk(list(set(ids)))


Known = tuple[Mapping[str, Certificate], "_Facts"]
_remembered: ContextVar[Known | None] = ContextVar("remembered_endings", default=None)


class _Facts:
    """What several certificates have beside their row, read at once."""

    def __init__(self, certificates: Sequence[Certificate]) -> None:
        self.used_by = usages_of([certificate.pk for certificate in certificates])
        own = Authority.objects.filter(certificate__in=certificates).values_list("certificate_id", "pk")
        self.authorities = dict(own.order_by())
        self.names: dict[int, list[str]] = {}
        versions = [certificate.current_version_id for certificate in certificates]
        rows = CertificateName.objects.filter(version__in=versions).order_by("id")
        for version_id, value in rows.values_list("version_id", "value"):
            self.names.setdefault(version_id, []).append(value)

    def ending(
        self, certificate: Certificate, subject_kind: str, ends_at: dt.datetime, threshold: int | None, now: dt.datetime
    ) -> Ending:
        """Put together what is said of one certificate."""
        version = certificate.current_version
        names = self.names.get(version.pk, []) if version else []
        authority_id = self.authorities.get(certificate.pk)
        return Ending(
            certificate_id=certificate.pk,
            name=certificate.name,
            member="",
            kind=certificate.kind,
            kind_label=certificate.get_kind_display(),
            version=version.number if version else 0,
            subject_kind=subject_kind,
            ends_at=ends_at,
            threshold_hours=threshold,
            names=tuple(names[:NAMES_SHOWN]),
            more_names=max(0, len(names) - NAMES_SHOWN),
            used_by=tuple(usage.label for usage in self.used_by.get(certificate.pk, ())),
            url=public_url("certificate-detail", certificate.pk),
            is_expired=ends_at <= now,
            when=_when(ends_at, now),
            colour=_colour(ends_at - now),
            authority_url=public_url("authority-detail", authority_id) if authority_id else "",
        )


def _colour(left: dt.timedelta) -> str:
    return next((colour for limit, colour in COLOURS if left <= limit), "blue")


def _when(ends_at: dt.datetime, now: dt.datetime) -> str:
    if ends_at <= now:
        return _("expired %(duration)s ago") % {"duration": words(now - ends_at)}
    return _("expires in %(duration)s") % {"duration": words(ends_at - now)}
