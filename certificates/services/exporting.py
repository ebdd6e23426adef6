"""Private keys leave the repository: by choice of the installation, for those who may, protected and on record."""

from django.conf import settings
from django.utils.translation import gettext as _

from certificates.exports.formats import FORMATS, File, chain, der, trusted
from certificates.exports.material import Material
from certificates.keys import open_private_key, unseal
from certificates.models import Certificate, CertificateRequest, CertificateVersion, Kind, RequestKey, SealedKey
from certificates.selectors import certificate_by_id, version_of
from certificates.services.rows import record
from console.errors import ConflictError, ForbiddenError, InvalidInputError
from events.actor import Actor
from events.feed import recording

SHORTEST_PASSPHRASE, LONGEST_PASSPHRASE = 12, 128
PERMISSION = "certificates.export_private_key"


def export_key(
    actor: Actor, certificate_id: str, *, form: str, passphrase: str, version_number: int | None = None
) -> File:
    """Return a certificate with its private key in a format of ``FORMATS``, and put that on record.

    The caller has made sure that the person may (``PERMISSION``) and has given the password again just now.
    """
    refuse_where_switched_off()
    made = FORMATS.get(form)
    if made is None:
        raise _unknown_format(form)
    _check_passphrase(passphrase)
    certificate = certificate_by_id(certificate_id)
    version = version_of(certificate_id, version_number)
    material = _material(certificate, version, open_private_key(version.pk))
    with recording(actor) as changes:
        summary = f"Exported the private key of “{certificate.name}” ({form})"
        record(changes, "key_exported", certificate, summary, format=form, exported_version=version.number)
    return made.file(material, passphrase)


def reveal_key(actor: Actor, certificate: Certificate) -> bytes:
    """Return the private key of a certificate in the clear, empty where it has none, and put that on record.

    The caller has made sure that the installation wants this, and that the person may.
    """
    refuse_where_switched_off()
    version = version_of(certificate.pk)
    if not SealedKey.objects.filter(version=version).exists():
        return b""
    with recording(actor) as changes:
        summary = f"Gave out the private key of “{certificate.name}” in the clear"
        record(changes, "key_exported", certificate, summary, format="clear", exported_version=version.number)
    return open_private_key(version.pk)


def reveal_request_key(actor: Actor, request: CertificateRequest) -> bytes:
    """Return the private key of a request in the clear, empty where it is not here, and put that on record."""
    refuse_where_switched_off()
    key = RequestKey.objects.filter(request=request).first()
    if key is None:
        return b""
    with recording(actor) as changes:
        summary = f"Gave out the private key of certificate request “{request.name}” in the clear"
        changes.record("certificate_request.key_exported", request, summary, format="clear")
    return unseal(key.token)


def export_certificate(certificate_id: str, form: str, version_number: int | None = None) -> File:
    """Return a certificate without its key: ``pem`` with the chain, ``der`` alone."""
    makers = {"pem": chain, "der": der}
    if form not in makers:
        raise _unknown_format(form)
    certificate = certificate_by_id(certificate_id)
    return makers[form](_material(certificate, version_of(certificate_id, version_number)))


def export_trust_store(certificate_id: str, passphrase: str) -> File:
    """Return a CA certificate, with what is trusted beside it, as a Java key store."""
    _check_passphrase(passphrase)
    certificate = certificate_by_id(certificate_id)
    if certificate.kind != Kind.CA:
        raise ConflictError(
            _("“%(name)s” is no CA certificate.") % {"name": certificate.name},
            "export.not-ca",
            way_out=_("Export it as a key store instead."),
        )
    return trusted(_material(certificate, version_of(certificate_id)), passphrase)


def refuse_where_switched_off() -> None:
    """Raise ForbiddenError where the installation lets no key out."""
    if not settings.KEY_EXPORT:
        raise ForbiddenError(
            _("Private keys are not exported from this installation."),
            "export.switched-off",
            way_out=_("It is switched off by LBADMIN_KEY_EXPORT; whoever runs the installation can change that."),
        )


def _material(certificate: Certificate, version: CertificateVersion, key_pem: bytes | None = None) -> Material:
    return Material(certificate.name, version.leaf_pem, version.chain_pem, key_pem)


def _check_passphrase(passphrase: str) -> None:
    is_long_enough = SHORTEST_PASSPHRASE <= len(passphrase) <= LONGEST_PASSPHRASE
    # Java and Windows read other letters in ways of their own.
    if not is_long_enough or not passphrase.isascii() or not passphrase.isprintable():
        raise InvalidInputError(
            _("The passphrase must have %(shortest)s to %(longest)s letters, digits and signs of ASCII.")
            % {"shortest": SHORTEST_PASSPHRASE, "longest": LONGEST_PASSPHRASE},
            "export.passphrase",
            field="passphrase",
        )


def _unknown_format(form: str) -> InvalidInputError:
    return InvalidInputError(
        _("“%(format)s” is no format.") % {"format": form[:50]},
        "export.format",
        field="format",
        way_out=_("Choose one of %(formats)s.") % {"formats": ", ".join(FORMATS)},
    )
