"""What is asked of an authority, and what is signed for it."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from django.utils import timezone
from django.utils.translation import gettext as _

from authorities.building import PURPOSES, Life, Profile
from certificates.alternative_names import general_names, server_names
from certificates.key_types import KeyType, check_key_type
from certificates.signing_requests import SigningRequest, read_signing_request
from certificates.subjects import Subject, distinguished_name, with_common_name
from console.errors import InvalidInputError

LONGEST_LIFE_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate that is wanted.

    Without ``csr_pem`` a key of ``key_type`` is made. Of a CSR only the public key is taken, unless
    ``names_from_csr`` has its subject and its names taken as well; nothing else in it counts.
    """

    purpose: str = "server"  # or "client"
    names: Sequence[str] = ()
    subject: Subject = field(default_factory=Subject)
    days: int = 90
    key_type: str = KeyType.P256.value
    csr_pem: bytes = b""
    names_from_csr: bool = False
    life: Life | None = None  # from when until when exactly, instead of ``days`` from now
    profile: Profile = field(default_factory=Profile)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked order."""

    purpose: str
    names: list[x509.GeneralName]
    subject: x509.Name
    days: int
    key_type: str
    request: SigningRequest | None
    life: Life | None = None
    profile: Profile = field(default_factory=Profile)


def checked_order(order: Order) -> Wanted:
    """Return what is to be signed; raise InvalidInputError with the field at fault."""
    if order.purpose not in PURPOSES:
        raise InvalidInputError(
            _("“%(purpose)s” is no purpose of a certificate.") % {"purpose": order.purpose[:50]},
            "order.purpose",
            field="purpose",
            way_out=_("Choose “server” or “client”."),
        )
    if order.life is None:
        check_days(order.days)
    else:
        check_life(order.life)
    request = read_signing_request(order.csr_pem) if order.csr_pem.strip() else None
    if request is None:
        check_key_type(order.key_type)
    names, subject = _names_and_subject(order, request)
    subject = x509.Name([*subject, *order.profile.attributes])
    return Wanted(
        order.purpose, names, subject, order.days, order.key_type, request, life=order.life, profile=order.profile
    )


def check_life(life: Life) -> None:
    """Raise InvalidInputError for a certificate that would be over, never begin, or last too long."""
    if life.end <= timezone.now() or life.end <= life.begin:
        raise InvalidInputError(
            _("The certificate would be over on %(moment)s, before it is of use.")
            % {"moment": f"{life.end:%Y-%m-%d %H:%M} UTC"},
            "authority.life",
            field="life",
            way_out=_("Choose a later end, after the beginning."),
        )
    check_days(math.ceil((life.end - life.begin) / dt.timedelta(days=1)))


def check_days(days: int) -> None:
    """Raise InvalidInputError for a life that no certificate may have."""
    if not 0 < days <= LONGEST_LIFE_DAYS:
        raise InvalidInputError(
            _("A certificate is valid for 1 to %(limit)s days.") % {"limit": LONGEST_LIFE_DAYS},
            "authority.days",
            field="days",
        )


def _names_and_subject(order: Order, request: SigningRequest | None) -> tuple[list[x509.GeneralName], x509.Name]:
    names, subject = order.names, order.subject
    if request and order.names_from_csr:
        names, subject = request.names, request.subject
    if order.purpose == "server":
        found = server_names(names)
        return found, distinguished_name(with_common_name(subject, found), needs_common_name=False)
    return general_names(names, at_least=0), distinguished_name(subject)
