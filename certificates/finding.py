"""Finding certificates: every criterion by which a list is narrowed, combined."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from certificates.matching import InvalidNameError, covering_patterns, normalise_name
from certificates.models import Certificate, CertificateHint, CertificateName, CertificateTag, CertificateVersion
from certificates.usage import used_queries

# Keyset of every list of certificates: soonest expiry first.
ORDER = ("not_after", "id")
FINGERPRINT_DIGITS = 64
LONGEST_QUERY = 300
# So many hexadecimal digits are a fingerprint or a serial number, and hardly a part of a name.
DISTINCTIVE_DIGITS = 16
EXPIRING_DAYS = 30
ANY_HINT = "any"
# What no list shows, and what would be most of what a page of it reads.
BULKY = tuple(
    f"current_version{version}__{column}" for version in ("", "__replaces") for column in ("leaf_pem", "chain_pem")
)
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


@dataclass(frozen=True, slots=True)
class Condition:
    """What a certificate must fulfil; ``ids`` finds those that do by an index of another table, where one does."""

    of_row: Q
    ids: Sequence[QuerySet[Any, Any]] = ()

    def few(self) -> set[str] | None:
        """Return the ids of all that fulfil it, None where they are many or no index finds them."""
        found: set[str] = set()
        for query in self.ids:
            found.update(query[: settings.MOST_MATCHES_AT_ONCE + 1])
        return found if self.ids and len(found) <= settings.MOST_MATCHES_AT_ONCE else None


def find_certificates(criteria: Criteria, now: dt.datetime) -> QuerySet[Certificate]:
    """Return what fits, soonest expiry first, with current versions, names and tags."""
    found = Certificate.objects.filter(*_ordered(criteria, now), current_version__isnull=False)
    if wanted := list(_wanted(criteria, now)):
        found = found.filter(_narrowed(found, wanted))
    return (
        found.select_related("current_version", "current_version__replaces")
        .defer(*BULKY)
        .prefetch_related("current_version__names", "tags")
        .order_by(*ORDER)
    )


def _narrowed(found: QuerySet[Certificate], wanted: Sequence[Condition]) -> Q:
    """Return the ids of a few matches, or for many the conditions as they are.

    A search in the order of expiry ends early for what is common and is slow for what is rare, which it looks up in
    the whole table row by row; asking an index, or a plain scan, for a handful of ids is the other way round. So the
    handful goes first.
    """
    few = [condition.few() for condition in wanted]
    known = [ids for ids in few if ids is not None]
    others = [each.of_row for each, ids in zip(wanted, few, strict=True) if ids is None]
    if known:
        return Q(*others, pk__in=set.intersection(*known))
    condition = Q(*others)
    ids = list(found.filter(condition).order_by().values_list("pk", flat=True)[: settings.MOST_MATCHES_AT_ONCE + 1])
    return condition if len(ids) > settings.MOST_MATCHES_AT_ONCE else Q(pk__in=ids)


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


def _wanted(criteria: Criteria, now: dt.datetime) -> Iterator[Condition]:
    """Yield the conditions that few or many rows may fulfil, wherever they stand in the order."""
    if criteria.state == "not-yet-valid":
        yield Condition(Q(not_before__gt=now))
    for field, condition in CONDITIONS.items():
        # PostgreSQL takes no NUL in a text, and nothing stored has one.
        if text := getattr(criteria, field).replace("\0", "").strip()[:LONGEST_QUERY]:
            yield condition(text)
    if criteria.use:
        used = _used()
        yield used if criteria.use == "used" else Condition(~used.of_row)
    if criteria.hint:
        yield _with_hint(criteria.hint, now)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _linked(rows: QuerySet[Any], column: str = "certificate_id") -> Condition:
    """Return the condition that one of ``rows`` belongs to the certificate."""
    rows = rows.order_by()
    return Condition(Q(Exists(rows.filter(**{column: OuterRef("pk")}))), (rows.values_list(column, flat=True),))


def _either(*conditions: Condition) -> Condition:
    """Return the condition that one of them is fulfilled; an index finds them only if it finds those of each."""
    of_row = Q()
    for each in conditions:
        of_row |= each.of_row
    is_indexed = all(each.ids for each in conditions)
    return Condition(of_row, [query for each in conditions for query in each.ids] if is_indexed else ())


def _known_ids(condition: Condition) -> Condition:
    """Return the ids of a few instead, so that a scan compares them and looks nothing up."""
    few = condition.few()
    return condition if few is None else Condition(Q(pk__in=few))


def _anything(text: str) -> Condition:
    """Return the condition of the search field."""
    digits = re.sub(r"[:\s]", "", text).lower()
    numbered = _numbered(digits) if _HEXADECIMAL.match(digits) else None
    if numbered and len(digits) >= DISTINCTIVE_DIGITS and numbered.few():
        return numbered
    host = _host_name(text)
    exact = [_known_ids(each) for each in (numbered, _covering(host) if host else None) if each]
    return _either(_part(text), *exact)


def _part(text: str) -> Condition:
    host = _host_name(text)
    part = Q(search_text__contains=text.lower())
    return Condition(part if text.isascii() or not host else part | Q(search_text__contains=host))


def _numbered(digits: str) -> Condition:
    if len(digits) == FINGERPRINT_DIGITS:
        return _either(_version(sha256=digits), _version(spki_sha256=digits))
    return _serial(digits)


def _serial(text: str) -> Condition:
    digits = re.sub(r"[:\s]", "", text).lower()
    written = {digits.lstrip("0") or "0"}
    if digits.isascii() and digits.isdecimal():
        written.add(f"{int(digits):x}")
    return _version(serial__in=written)


def _digest(column: str) -> Callable[[str], Condition]:
    return lambda text: _version(**{column: re.sub(r"[:\s]", "", text).lower()})


def _version(**condition: Any) -> Condition:
    """Return the condition on any version, so that a certificate that was replaced is found too."""
    return _linked(CertificateVersion.objects.filter(**condition))


def _covering(host: str) -> Condition:
    return _named(covering_patterns(host))


def _named(values: list[str]) -> Condition:
    names = CertificateName.objects.filter(value__in=values, version__certificate__current_version=F("version"))
    return _linked(names, "version__certificate_id")


def _exactly(text: str) -> Condition:
    named = Certificate.objects.filter(name=text).order_by().values_list("pk", flat=True)
    return _either(Condition(Q(name=text), (named,)), _named([_host_name(text) or text.lower()]))


def _covers(text: str) -> Condition:
    host = _host_name(text)
    return _covering(host) if host else _named([text.lower()])


def _issuer(text: str) -> Condition:
    return Condition(Q(issuer__icontains=text))


def _owner(text: str) -> Condition:
    return Condition(Q(owner=text), (Certificate.objects.filter(owner=text).order_by().values_list("pk", flat=True),))


def _tagged(text: str) -> Condition:
    key, equals, value = text.partition("=")
    wanted = {"key": key.strip(), "value": value.strip()} if equals else {"key": key}
    return _linked(CertificateTag.objects.filter(**wanted))


def _algorithm(text: str) -> Condition:
    """Return the condition for ``RSA`` or ``RSA 2048``; a text of no such form finds nothing."""
    found = _ALGORITHM.match(text)
    if not found:
        return Condition(Q(pk__in=()))
    # Written as they are stored, so that an index finds them.
    algorithm = next((known for known in ALGORITHMS if known.lower() == found[1].lower()), found[1])
    return Condition(Q(key_algorithm=algorithm, **({"key_bits": int(found[2])} if found[2] else {})))


def _used() -> Condition:
    return _either(*(_linked(query) for query in used_queries()))


def _with_hint(code: str, now: dt.datetime) -> Condition:
    if code == "expired":
        return Condition(Q(not_after__lt=now))
    if code == "unused":
        return Condition(~_used().of_row & ~Q(kind="client"))
    if code == "chain-expired":
        return _with_expired_chain(now)
    if code != ANY_HINT:
        return _linked(CertificateHint.objects.filter(code=code))
    expired = Condition(Q(not_after__lt=now))
    return _either(expired, _linked(CertificateHint.objects.all()), _known_ids(_with_expired_chain(now)))


def _with_expired_chain(now: dt.datetime) -> Condition:
    versions = CertificateVersion.objects.filter(chain_not_after__lt=now, certificate__current_version=F("pk"))
    return _linked(versions)


def _host_name(text: str) -> str:
    try:
        return normalise_name(text)
    except InvalidNameError:
        return ""


ALGORITHMS = ("RSA", "ECDSA", "Ed25519", "Ed448", "DSA", "SM2")
CONDITIONS: dict[str, Callable[[str], Condition]] = {
    "query": _anything,
    "name": _exactly,
    "covers": _covers,
    "part": _part,
    "fingerprint": _digest("sha256"),
    "spki": _digest("spki_sha256"),
    "serial": _serial,
    "issuer": _issuer,
    "owner": _owner,
    "tag": _tagged,
    "algorithm": _algorithm,
}
