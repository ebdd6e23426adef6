"""Whether a certificate can be served: what the engine's library refuses is refused first, with its reason."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from django.utils.translation import gettext as _

from certificates.messages import message_of
from certificates.models import Certificate, Kind, SealedKey
from certificates.parsing.objections import objection_to
from certificates.parsing.refusals import Finding
from console.errors import ConflictError, DomainError, InvalidInputError

LEAST_RSA_BITS = 2048
MOST_RSA_BITS = 4096
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def server_certificate_problem(leaf: x509.Certificate, name: str) -> DomainError | None:
    """Return why the engine cannot serve ``leaf`` of the certificate called ``name``; None when it can."""
    if objection := objection_to(leaf, name):
        return _objected(objection)
    try:
        return _key_problem(leaf.public_key(), name)
    except (UnsupportedAlgorithm, ValueError):
        reason = _("its key (SM2, for one) needs TLCP, which comes later; until then it can only be watched")
        return _refused(name, reason)


def _objected(objection: Finding) -> DomainError:
    return InvalidInputError(
        message_of(objection),
        "listener.certificate-refused",
        field="certificate_id",
        way_out=_("Have it issued again without that, and replace it."),
    )


def _key_problem(key: PublicKeyTypes, name: str) -> DomainError | None:
    if isinstance(key, rsa.RSAPublicKey):
        return _rsa_problem(key.key_size, name)
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name in CURVES:
            return None
        return _refused(name, _("its curve is %(curve)s, which the engine does not serve") % {"curve": key.curve.name})
    if isinstance(key, ed25519.Ed25519PublicKey):
        return None
    return _refused(name, _("its key is neither RSA, ECDSA nor Ed25519, and the engine serves no other"))


def _rsa_problem(bits: int, name: str) -> DomainError | None:
    if bits < LEAST_RSA_BITS:
        reason = _("its RSA key has %(bits)s bits, and the engine (Envoy with BoringSSL) refuses less than %(least)s")
        return _refused(name, reason % {"bits": bits, "least": LEAST_RSA_BITS})
    if bits > MOST_RSA_BITS:
        reason = _("its RSA key has %(bits)s bits, and more than %(most)s make handshakes too slow to serve")
        return _refused(name, reason % {"bits": bits, "most": MOST_RSA_BITS})
    return None


def _refused(name: str, reason: str) -> DomainError:
    return InvalidInputError(
        _("“%(name)s” cannot be used on a listener: %(reason)s.") % {"name": name, "reason": reason},
        "listener.certificate-refused",
        field="certificate_id",
        way_out=_("Use a certificate with RSA of 2048 to 4096 bits, ECDSA on P-256, P-384 or P-521, or Ed25519."),
    )


def require_server_certificates(certificates: Sequence[Certificate], field: str) -> None:
    """Refuse certificates of which any cannot be a listener's server certificate."""
    versions = [certificate.current_version_id for certificate in certificates]
    with_key = set(SealedKey.objects.filter(version__in=versions).values_list("version_id", flat=True))
    for certificate in certificates:
        _require_kind(certificate, Kind.SERVER, field)
        version = certificate.current_version
        if version is None:
            raise _without_key(certificate, field)
        leaf = x509.load_pem_x509_certificate(version.leaf_pem.encode())
        problem = server_certificate_problem(leaf, certificate.name)
        if problem:
            problem.field = field
            raise problem
        if version.pk not in with_key:
            raise _without_key(certificate, field)


def _without_key(certificate: Certificate, field: str) -> ConflictError:
    return ConflictError(
        _("“%(name)s” has no private key, so it cannot be served.") % {"name": certificate},
        "listener.certificate-without-key",
        field=field,
        way_out=_("Import the certificate together with its key."),
    )


def require_ca_certificates(certificates: Sequence[Certificate], field: str) -> None:
    """Refuse certificates of which any cannot verify clients."""
    for certificate in certificates:
        _require_kind(certificate, Kind.CA, field)
        if certificate.current_version is None:
            raise ConflictError(
                _("“%(name)s” has no version yet.") % {"name": certificate},
                "listener.certificate-empty",
                field=field,
                way_out=_("Import the certificate first."),
            )


def _require_kind(certificate: Certificate, kind: Kind, field: str) -> None:
    if certificate.kind != kind:
        told = {"name": certificate, "is": certificate.get_kind_display(), "wanted": kind.label}
        raise InvalidInputError(
            _("“%(name)s” is of the kind “%(is)s”; here it has to be of the kind “%(wanted)s”.") % told,
            "listener.certificate-kind",
            field=field,
            way_out=_("Choose a certificate of that kind."),
        )
