"""Put an issued certificate into the repository: a new certificate the first time, then a new version of it."""

from django.utils.translation import gettext as _

from certificates.messages import error_of
from certificates.models import CertificateVersion, Kind
from certificates.parsing.bundles import Bundle, Upload
from certificates.parsing.parser import parser
from certificates.parsing.refusals import Refusal
from certificates.services import NewCertificate, store_bundles, store_replacement
from events.actor import SYSTEM
from renewals.acme.orders import Issued
from renewals.models import Renewal
from renewals.problems import AttemptFailedError


def parsed(issued: Issued) -> Bundle:
    """Return what an authority outside issued, parsed like everything that comes from there."""
    try:
        return parser.parse(Upload(Kind.SERVER, issued.chain_pem, issued.key_pem))
    except Refusal as refusal:
        error = error_of(refusal)
        message = _("The issued certificate cannot be stored. %(reason)s") % {"reason": error.message}
        raise AttemptFailedError(message, error.code, way_out=error.way_out) from None


def stored(renewal: Renewal, bundle: Bundle) -> CertificateVersion:
    """Store a certificate for ``renewal``; raise DomainError, having stored nothing, where the repository refuses."""
    if renewal.certificate_id:
        # Whoever wrote the renewal's names decided which of the certificate's names may go.
        reason = _("The names are those of renewal %(id)s.") % {"id": renewal.pk}
        return store_replacement(SYSTEM, renewal.certificate_id, bundle, reason=reason).version
    new = NewCertificate(Kind.SERVER, renewal.name, bundle.leaf.pem.encode())
    return store_bundles(SYSTEM, [new], [bundle])[0].version
