"""Finding certificates: every criterion by which a list is narrowed, combined."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from certificates.hint_words import PASSING
from certificates.matching import InvalidNameError, covering_patterns, normalise_name
from certificates.models import Certificate, CertificateHint, CertificateName, CertificateTag, CertificateVersion
from certificates.usage import used_queries

# Keyset of every list of certificates: soonest expiry first.
ORDER = ("not_after", "id")
FINGERPRINT_DIGITS = 64
LONGEST_QUERY = 300
MOST_MATCHES = 1000
# So many hexadecimal digits are a fingerprint or a serial number, and hardly a part of a name.
DISTINCTIVE_DIGITS = 16
EXPIRING_DAYS = 30
ANY_HINT = "any"
_HEXADECIMAL = re.compile(r"^[0-9a-f]+$")
_ALGORITHM = re.compile(r"^([A-Za-z0-9]{1,16})(?:[ -](\d{1,5}))?$")


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is wanted; empty asks for nothing. All that is asked for must be true."""

    query: str = ""  # part of a name, a host that is covered, a fingerprint or a serial number
    kind: str = ""
    name: str = ""  # exactly one of the names, or the name in the repository
    covers: str = ""  # a host name that one of the names covers, wildcards included
    part: str = ""  # part of any name
    fingerprint: str = ""  # SHA-256 of any version
    spki: str = ""  # SHA-256 of the public key of any version
    serial: str = ""  # hexadecimal or decimal, of any version
    issuer: str = ""  # part of the issuer's name
    owner: str = ""
    tag: str = ""  # key, or key=value
    state: str = ""  # "expired", "expiring", "not-yet-valid" or "ok"
    within_days: int | None = None  # what "expiring" means
    ends_from: dt.date | None = None
    ends_to: dt.date | None = None  # the whole day
    algorithm: str = ""  # "RSA", "RSA 2048", "ECDSA", ...
    use: str = ""  # "used" or "unused"
    hint: str = ""  # a code of certificates.hint_words, or "any"

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return all(getattr(self, field.name) in {"", None} for field in fields(self))


def find_certificates(criteria: Criteria, now: dt.datetime) -> QuerySet[Certificate]:
    """Return what fits, soonest expiry first, with current versions, names and tags."""
    found = Certificate.objects.filter(*_ordered(criteria, now), current_version__isnull=False)
    if wanted := list(_scanned(criteria, now)):
        found = found.filter(_narrowed(found.filter(*wanted), Q(*wanted)))
    return (
        found.select_related("current_version", "current_version__replaces")
        .prefetch_related("current_version__names", "tags")
        .order_by(*ORDER)
    )


def _narrowed(matching: QuerySet[Certificate], condition: Q) -> Q:
    """Return the ids of a few matches, or for many the condition as it is.

    A search in the order of expiry ends early for what is common and is slow for what is rare, which it looks up in
    the whole table row by row; a plain scan for a handful of ids is the other way round. So the scan goes first.
    """
    ids = list(matching.order_by().values_list("pk", flat=True)[: MOST_MATCHES + 1])
    return condition if len(ids) > MOST_MATCHES else Q(pk__in=ids)


def _ordered(criteria: Criteria, now: dt.datetime) -> Iterator[Q]:
    """Yield the conditions that the order of the list serves by itself."""
    if criteria.kind:
        yield Q(kind=criteria.kind)
    soon = now + dt.timedelta(days=EXPIRING_DAYS if criteria.within_days is None else criteria.within_days)
    if criteria.state == "expired":
        yield Q(not_after__lt=now)
    elif criteria.state == "expiring":
        yield Q(not_after__gte=now, not_after__lte=soon)
    elif criteria.state == "ok":
        yield Q(not_before__lte=now, not_after__gt=soon)
    if criteria.ends_from:
        yield Q(not_after__gte=_midnight(criteria.ends_from))
    if criteria.ends_to:
        yield Q(not_after__lt=_midnight(criteria.ends_to) + dt.timedelta(days=1))


def _scanned(criteria: Criteria, now: dt.datetime) -> Iterator[Q]:
    """Yield the conditions that few or many rows may fulfil, wherever they stand in the order."""
    if criteria.state == "not-yet-valid":
        yield Q(not_before__gt=now)
    for field, condition in CONDITIONS.items():
        # PostgreSQL takes no NUL in a text, and nothing stored has one.
        if text := getattr(criteria, field).replace("\0", "").strip()[:LONGEST_QUERY]:
            yield condition(text)
    if criteria.use:
        used = _used()
        yield used if criteria.use == "used" else ~used
    if criteria.hint:
        yield _with_hint(criteria.hint, now)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _anything(text: str) -> Q:
    """Return the condition of the search field."""
    digits = re.sub(r"[:\s]", "", text).lower()
    is_number = bool(_HEXADECIMAL.match(digits))
    if is_number and len(digits) >= DISTINCTIVE_DIGITS:
        numbered = _numbered(digits)
        if Certificate.objects.filter(numbered).exists():
            return numbered
    host = _host_name(text)
    condition = _part(text)
    if is_number:
        condition |= _numbered(digits)
    return condition | _covering(host) if host else condition


def _part(text: str) -> Q:
    host = _host_name(text)
    part = Q(search_text__contains=text.lower())
    return part if text.isascii() or not host else part | Q(search_text__contains=host)


def _numbered(digits: str) -> Q:
    return _version(Q(sha256=digits) | Q(spki_sha256=digits)) if _is_digest(digits) else _serial(digits)


def _is_digest(digits: str) -> bool:
    return len(digits) == FINGERPRINT_DIGITS


def _serial(text: str) -> Q:
    digits = re.sub(r"[:\s]", "", text).lower()
    written = {digits.lstrip("0") or "0"}
    if digits.isascii() and digits.isdecimal():
        written.add(f"{int(digits):x}")
    return _version(Q(serial__in=written))


def _digest(column: str) -> Callable[[str], Q]:
    return lambda text: _version(Q(**{column: re.sub(r"[:\s]", "", text).lower()}))


def _version(condition: Q) -> Q:
    """Return the condition on any version, so that a certificate that was replaced is found too."""
    return Q(pk__in=CertificateVersion.objects.filter(condition).order_by().values("certificate_id"))


def _covering(host: str) -> Q:
    return _named(covering_patterns(host))


def _named(values: list[str]) -> Q:
    names = CertificateName.objects.filter(value__in=values, version__certificate__current_version=F("version"))
    return Q(pk__in=names.order_by().values("version__certificate_id"))


def _exactly(text: str) -> Q:
    return Q(name=text) | _named([_host_name(text) or text.lower()])


def _covers(text: str) -> Q:
    host = _host_name(text)
    return _covering(host) if host else _named([text.lower()])


def _issuer(text: str) -> Q:
    return Q(issuer__icontains=text)


def _tagged(text: str) -> Q:
    key, equals, value = text.partition("=")
    wanted = {"key": key.strip(), "value": value.strip()} if equals else {"key": key}
    return Q(pk__in=CertificateTag.objects.filter(**wanted).order_by().values("certificate_id"))


def _algorithm(text: str) -> Q:
    """Return the condition for ``RSA`` or ``RSA 2048``; a text of no such form finds nothing."""
    found = _ALGORITHM.match(text)
    if not found:
        return Q(pk__in=())
    # Written as they are stored, so that an index finds them.
    algorithm = next((known for known in ALGORITHMS if known.lower() == found[1].lower()), found[1])
    return Q(key_algorithm=algorithm, **({"key_bits": int(found[2])} if found[2] else {}))


def _used() -> Q:
    condition = Q(pk__in=())
    for query in used_queries():
        condition |= Q(pk__in=query)
    return condition


def _with_hint(code: str, now: dt.datetime) -> Q:
    chain_expired = Exists(CertificateVersion.objects.filter(pk=OuterRef("current_version"), chain_not_after__lt=now))
    passing: dict[str, Callable[[], Any]] = {
        "expired": lambda: Q(not_after__lt=now),
        "chain-expired": lambda: Q(chain_expired),
        "unused": lambda: ~_used() & ~Q(kind="client"),
    }
    if code in PASSING:
        return Q(passing[code]())
    hints = CertificateHint.objects.order_by()
    kept = Q(pk__in=(hints if code == ANY_HINT else hints.filter(code=code)).values("certificate_id"))
    return kept | Q(not_after__lt=now) | Q(chain_expired) if code == ANY_HINT else kept


def _host_name(text: str) -> str:
    try:
        return normalise_name(text)
    except InvalidNameError:
        return ""


ALGORITHMS = ("RSA", "ECDSA", "Ed25519", "Ed448", "DSA", "SM2")
CONDITIONS: dict[str, Callable[[str], Q]] = {
    "query": _anything,
    "name": _exactly,
    "covers": _covers,
    "part": _part,
    "fingerprint": _digest("sha256"),
    "spki": _digest("spki_sha256"),
    "serial": _serial,
    "issuer": _issuer,
    "owner": lambda text: Q(owner=text),
    "tag": _tagged,
    "algorithm": _algorithm,
}
