"""The words of every refusal of a revocation list, by code: what is wrong, and the way out."""

from collections.abc import Mapping
from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from certificates.messages import Words, error_of
from certificates.parsing.refusals import Refusal
from console.errors import DomainError, InvalidInputError

_ASK_ISSUER = _("Ask the authority for its complete list (base CRL).")

REFUSALS: Mapping[str, Words] = {
    "crl.too-large": Words(
        _("The revocation list has %(size)s bytes; lists have at most %(limit)s."),
        _("Ask the authority for a list without the certificates that have expired."),
    ),
    "crl.empty": Words(_("The revocation list is empty: the file has no bytes."), _("Choose the file again.")),
    "crl.not-a-list": Words(
        _("This is no revocation list: it is neither DER nor has it a line “-----BEGIN X509 CRL-----”."),
        _("Give the CRL that the authority publishes, in DER or PEM."),
    ),
    "crl.several": Words(
        _("The file holds %(count)s revocation lists."), _("Upload one list at a time, each in a file of its own.")
    ),
    "crl.unreadable": Words(
        _("The revocation list cannot be read: %(reason)s."),
        _("Download it again, or check it with: openssl crl -in FILE -noout -text"),
    ),
    "crl.too-hard": Words(
        _("The revocation list took more time or memory than any list needs, so reading it was stopped."),
        _("Check that the file is what the authority published."),
    ),
    "crl.delta": Words(
        _("“%(issuer)s” issued this as a delta list, which names only what changed since another list."), _ASK_ISSUER
    ),
    "crl.indirect": Words(
        _("“%(issuer)s” issued this as an indirect list, which also speaks of other authorities' certificates."),
        _("Ask each authority for its own list."),
    ),
    "crl.partial": Words(
        _("“%(issuer)s” issued this list for a part of its certificates or reasons only. Listeners would refuse "
          "every client over it."),
        _ASK_ISSUER,
    ),
    "crl.critical": Words(
        _("The revocation list has an extension that must be understood and is not (%(oid)s). Listeners would refuse "
          "every client over it."),
        _ASK_ISSUER,
    ),
    "crl.weak": Words(
        _("The revocation list is signed with %(hash)s, which anybody can forge."),
        _("Have the authority sign it with SHA-256 or better."),
    ),
    "crl.foreign": Words(
        _("“%(issuer)s”, who issued this revocation list, is no authority of this CA certificate."),
        _("Give the list to the CA certificate of its issuer, or replace this one by a bundle that has the issuer."),
    ),
    "crl.forged": Words(
        _("The signature of the revocation list is not that of “%(issuer)s”: the list is damaged, forged, or of "
          "another authority of the same name."),
        _("Download it again from the authority."),
    ),
    "crl.issuer-may-not": Words(
        _("The key usage of “%(issuer)s” does not allow it to sign revocation lists (no cRLSign). Listeners would "
          "refuse every client over it."),
        _("Have the authority's certificate reissued with cRLSign."),
    ),
}  # fmt: skip


class ListTooLargeError(InvalidInputError):
    """Refuse a list for its size."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def list_error(refusal: Refusal) -> DomainError:
    """Return the error that a person is shown for ``refusal``."""
    words = REFUSALS.get(refusal.code)
    if words is None:
        return error_of(refusal)
    kind = ListTooLargeError if refusal.code == "crl.too-large" else InvalidInputError
    return kind(
        str(words.message) % refusal.parameters,
        refusal.code,
        field=refusal.field,
        way_out=str(words.way_out) % refusal.parameters,
    )
