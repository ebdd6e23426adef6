"""Publish revocation lists, and keep the certificates that answer OCSP fresh."""

import datetime as dt
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from django.db.models import F
from django.utils import timezone

from authorities.building import Life, build_responder, life_of
from authorities.lists import Edition, Entry
from authorities.models import Authority, IssuedCertificate, PublishedList, Responder
from authorities.selectors import authority_by_id, current_version, line_of
from authorities.signing import Signer, key_pem_of, open_signer
from certificates.key_types import KeyType, generate_key
from certificates.keys import seal
from certificates.models import RevocationList
from certificates.revocation.services import carry_list
from certificates.subjects import LONGEST_COMMON_NAME
from events.actor import Actor
from events.feed import Recorder, recording

RESPONDER_DAYS = 30
RESPONDER_DAYS_LEFT = 10  # when the next one is made
CHUNK = 5000
LARGEST_FAMILY = 1000
_SOURCE = RevocationList.Source.AUTHORITY


def publish_list(actor: Actor, authority_id: str) -> PublishedList:
    """Sign and publish the authority's next revocation list."""
    with recording(actor) as changes:
        return publish(changes, open_signer(authority_by_id(authority_id)))


def publish(changes: Recorder, signer: Signer) -> PublishedList:
    """Sign and publish the next list inside the caller's transaction; listeners that trust the authority follow."""
    row = _publish_alone(changes, signer)
    _carry(changes, row)
    return row


def _publish_alone(changes: Recorder, signer: Signer) -> PublishedList:
    authority = signer.authority
    edition = _next_edition(authority)
    entries = list(_entries(authority, edition.this_update))
    der = signer.revocation_list(edition, entries).public_bytes(serialization.Encoding.DER)
    row, _is_new = PublishedList.objects.update_or_create(
        authority=authority,
        defaults={
            "number": edition.number,
            "der": der,
            "entries": len(entries),
            "this_update": edition.this_update,
            "next_update": edition.next_update,
        },
    )
    Authority.objects.filter(pk=authority.pk).update(next_crl_number=F("next_crl_number") + 1)
    changes.record(
        "authority.published",
        authority,
        f"Published revocation list {row.number} of “{authority.certificate.name}” with {row.entries} entries",
    )
    return row


def keep_responder(signer: Signer) -> None:
    """Give the authority another OCSP responder when it has none, or one that ends soon. In a transaction."""
    now = timezone.now()
    if Responder.objects.filter(
        authority=signer.authority, not_after__gt=now + dt.timedelta(days=RESPONDER_DAYS_LEFT)
    ).exists():
        return
    key = generate_key(KeyType.P256)
    certificate = signer.sign(build_responder(key.public_key(), _responder_name(signer), _life(signer), signer.issuer))
    Responder.objects.update_or_create(
        authority=signer.authority,
        defaults={
            "certificate_pem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
            "key": seal(key_pem_of(key)),
            "not_after": certificate.not_valid_after_utc,
        },
    )


def due_authorities(now: dt.datetime) -> list[str]:
    """Return the ids of the living authorities whose list is past half of its life, or whose responder ends soon."""
    soon = now + dt.timedelta(days=RESPONDER_DAYS_LEFT)
    living = Authority.objects.filter(certificate__not_after__gt=now).select_related("published", "responder")
    return [
        authority.pk
        for authority in living.defer("published__der")
        if _is_list_due(authority, now) or not hasattr(authority, "responder") or authority.responder.not_after <= soon
    ]


def refresh(actor: Actor, authority_id: str, now: dt.datetime) -> None:
    """Publish what is due of an authority: its list, its responder, or both."""
    with recording(actor) as changes:
        keep_published(changes, open_signer(authority_by_id(authority_id)), now)


def keep_published(changes: Recorder, signer: Signer, now: dt.datetime) -> None:
    """Publish what is due of an authority inside the caller's transaction."""
    keep_responder(signer)
    if _is_list_due(signer.authority, now):
        publish(changes, signer)


def _is_list_due(authority: Authority, now: dt.datetime) -> bool:
    if not hasattr(authority, "published"):
        return True
    published = authority.published
    return published.this_update + (published.next_update - published.this_update) / 2 <= now


def _next_edition(authority: Authority) -> Edition:
    this_update = timezone.now().replace(microsecond=0)
    number = Authority.objects.values_list("next_crl_number", flat=True).get(pk=authority.pk)
    return Edition(number, this_update, this_update + dt.timedelta(hours=authority.crl_hours))


def _entries(authority: Authority, this_update: dt.datetime) -> Iterator[Entry]:
    """Yield what was revoked; a certificate that ended stays for one more list (RFC 5280, section 3.3)."""
    before = PublishedList.objects.filter(authority=authority).values_list("this_update", flat=True).first()
    revoked = IssuedCertificate.objects.filter(
        authority=authority, revoked_at__isnull=False, not_after__gt=before or this_update
    )
    rows = revoked.order_by("pk").values_list("serial", "revoked_at", "reason").iterator(chunk_size=CHUNK)
    for serial, revoked_at, reason in rows:
        if revoked_at is not None:
            yield Entry(serial, revoked_at, reason)


def _carry(changes: Recorder, row: PublishedList) -> None:
    """Have listeners ask the list from the first revocation on: before it, an old list could only do harm.

    From then on those of the whole family are asked: a listener that has the list of one authority refuses the
    clients of another without.
    """
    family = _family(row.authority)
    carried = RevocationList.objects.filter(source=_SOURCE, certificate__authority__in=family)
    if not (row.entries or carried.exists()):
        return
    _hand_over(changes.actor, row)
    asked = set(carried.order_by().values_list("issuer_spki_sha256", flat=True))
    for member in family:
        if current_version(member).spki_sha256 not in asked:
            _hand_over(changes.actor, _publish_alone(changes, open_signer(member)))


def _hand_over(actor: Actor, row: PublishedList) -> None:
    carry_list(actor, row.authority.certificate_id, source=_SOURCE, der=bytes(row.der))


def _family(authority: Authority) -> list[Authority]:
    """Return the living authorities under the same root, the root first."""
    level = line_of(authority)[-1:]
    family: list[Authority] = []
    while level and len(family) < LARGEST_FAMILY:
        family += level
        below = Authority.objects.filter(parent__in=level, certificate__not_after__gt=timezone.now())
        level = list(below.select_related("certificate__current_version").order_by("pk"))
    return family


def _responder_name(signer: Signer) -> x509.Name:
    name = f"OCSP {signer.authority.certificate.name}"[:LONGEST_COMMON_NAME]
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _life(signer: Signer) -> Life:
    life = life_of(RESPONDER_DAYS, timezone.now())
    return Life(life.begin, min(life.end, signer.certificate.not_valid_after_utc))
