"""What renewals tell the repository: they go with the certificate that they renew."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from certificates.usage import Usage
from events.actor import Actor
from renewals.models import Renewal
from renewals.services import delete_renewal


def renewals_of(certificate_id: str) -> Sequence[Usage]:
    """Name the renewal of a certificate, if it has one."""
    rows = Renewal.objects.filter(certificate_id=certificate_id)
    return [Usage(row.pk, row.name, "renewal-detail", _("Renewal")) for row in rows]


def end_renewals(actor: Actor, certificate_id: str) -> None:
    """Delete the renewal of a certificate that is deleted, with the answers that listeners serve for it."""
    for row in Renewal.objects.filter(certificate_id=certificate_id):
        delete_renewal(actor, row.pk)
