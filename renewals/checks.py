"""What a renewal may be made of; every function raises DomainError with the field at fault."""

from django.utils.translation import gettext as _

from authorities.models import Authority
from certificates.models import Certificate, Kind
from certificates.names import name_taken
from certificates.selectors import certificate_by_id
from console.errors import ConflictError, InvalidInputError, NotFoundError
from console.ids import is_id
from renewals.challenges.dns_hooks import checked_hook
from renewals.models import AcmeAccount, Renewal
from renewals.selectors import account_by_id

LONGEST_DAYS = 3650


def set_source(renewal: Renewal, account_id: str, authority_id: str) -> None:
    """Set who issues: one account, or one private authority."""
    if bool(account_id) == bool(authority_id):
        raise InvalidInputError(
            _("A certificate is issued either by an ACME server or by a private authority."),
            "renewal.issuer",
            field="account_id",
            way_out=_("Give the account or the authority, and not both."),
        )
    if account_id:
        renewal.source, renewal.account = Renewal.Source.ACME, account_by_id(account_id)
    else:
        renewal.source, renewal.authority = Renewal.Source.AUTHORITY, _authority(authority_id)


def _authority(authority_id: str) -> Authority:
    found = Authority.objects.filter(pk=authority_id).first() if is_id(authority_id) else None
    if found is None:
        message = _("There is no private authority “%(id)s”.") % {"id": authority_id[:64]}
        raise NotFoundError(message, "authority.unknown", field="authority_id")
    return found


def check_issuer_is_there(renewal: Renewal) -> None:
    """Look again as the only writer: it may have been deleted since."""
    if renewal.account_id and not AcmeAccount.objects.filter(pk=renewal.account_id).exists():
        account_by_id(renewal.account_id)
    if renewal.authority_id:
        _authority(renewal.authority_id)


def set_proof(renewal: Renewal, challenge: str, dns_hook: str) -> None:
    """Set how names are proved; a private authority asks for no proof."""
    renewal.challenge = renewal.dns_hook = ""
    if renewal.source == Renewal.Source.AUTHORITY:
        return
    if challenge not in Renewal.Challenge.values:
        raise InvalidInputError(
            _("“%(value)s” is no challenge.") % {"value": challenge[:50]},
            "renewal.challenge",
            field="challenge",
            way_out=_("Use one of: %(choices)s.") % {"choices": ", ".join(Renewal.Challenge.values)},
        )
    renewal.challenge = challenge
    if challenge == Renewal.Challenge.DNS_01:
        renewal.dns_hook = checked_hook(dns_hook)


def checked_days(days: int) -> int:
    """Return how long a certificate of a private authority lives."""
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInputError(
            _("A certificate lives 1 to %(most)s days.") % {"most": LONGEST_DAYS}, "renewal.days", field="days"
        )
    return days


def set_certificate(renewal: Renewal, certificate_id: str) -> None:
    """Join the renewal to the certificate that it renews, or see that a new one may have its name."""
    if not certificate_id:
        if Certificate.objects.filter(name=renewal.name).exists():
            raise name_taken(renewal.name)
        return
    certificate = certificate_by_id(certificate_id)
    if certificate.kind != Kind.SERVER:
        message = _("“%(name)s” is no server certificate.") % {"name": certificate.name}
        raise InvalidInputError(message, "renewal.kind", field="certificate_id")
    if Renewal.objects.filter(certificate=certificate).exists():
        raise ConflictError(
            _("“%(name)s” is renewed already.") % {"name": certificate.name},
            "renewal.exists",
            field="certificate_id",
            way_out=_("Change or delete that renewal."),
        )
    renewal.certificate, renewal.name = certificate, certificate.name
