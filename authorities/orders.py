"""What is asked of an authority, and what is signed for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cryptography import x509
from django.utils.translation import gettext as _

from authorities.building import PURPOSES
from authorities.requests import SigningRequest, read_signing_request
from certificates.alternative_names import general_names
from certificates.key_types import KeyType, check_key_type
from certificates.subjects import LONGEST_COMMON_NAME, Subject, distinguished_name
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked order."""

    purpose: str
    names: list[x509.GeneralName]
    subject: x509.Name
    days: int
    key_type: str
    request: SigningRequest | None


def checked_order(order: Order) -> Wanted:
    """Return what is to be signed; raise InvalidInputError with the field at fault."""
    if order.purpose not in PURPOSES:
        raise InvalidInputError(
            _("“%(purpose)s” is no purpose of a certificate.") % {"purpose": order.purpose[:50]},
            "order.purpose",
            field="purpose",
            way_out=_("Choose “server” or “client”."),
        )
    check_days(order.days)
    request = read_signing_request(order.csr_pem) if order.csr_pem.strip() else None
    if request is None:
        check_key_type(order.key_type)
    names, subject = _names_and_subject(order, request)
    return Wanted(order.purpose, names, subject, order.days, order.key_type, request)


def check_days(days: int) -> None:
    """Raise InvalidInputError for a life that no certificate may have."""
    if not 0 < days <= LONGEST_LIFE_DAYS:
        raise InvalidInputError(
            _("A certificate is valid for 1 to %(limit)s days.") % {"limit": LONGEST_LIFE_DAYS},
            "authority.days",
            field="days",
        )


def _names_and_subject(order: Order, request: SigningRequest | None) -> tuple[list[x509.GeneralName], x509.Name]:
    at_least = 1 if order.purpose == "server" else 0
    if request and order.names_from_csr:
        names = general_names(request.names, at_least=at_least)
        subject = request.subject
    else:
        names = general_names(order.names, at_least=at_least)
        subject = order.subject
    if order.purpose == "server":
        _refuse_emails(names)
        return names, distinguished_name(_with_common_name(subject, names), needs_common_name=False)
    return names, distinguished_name(subject)


def _with_common_name(subject: Subject, names: Sequence[x509.GeneralName]) -> Subject:
    """Fill in the first name that fits, for people and old clients to read."""
    if subject.common_name.strip():
        return subject
    fitting = (str(name.value) for name in names if len(str(name.value)) <= LONGEST_COMMON_NAME)
    return replace(subject, common_name=next(fitting, ""))


def _refuse_emails(names: Sequence[x509.GeneralName]) -> None:
    for name in names:
        if isinstance(name, x509.RFC822Name):
            raise InvalidInputError(
                _("“%(name)s” is an email address, and a server has none.") % {"name": name.value[:100]},
                "names.invalid",
                field="names",
            )
