"""What the engine's library (BoringSSL) refuses in a server certificate that reads well otherwise. Pure.

The certificate is taken and watched; its import says that no listener will serve it, and why. Each objection was
found by giving odd certificates to the engine: tests/conformance/test_engine_takes_what_is_imported.py.
"""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import PublicKeyAlgorithmOID

from certificates.parsing import der
from certificates.parsing.refusals import Finding
from certificates.parsing.x509 import UNREADABLE, extension_of, public_key_info

MOST_EXPONENT_BITS = 33


def objection_to(leaf: x509.Certificate, name: str) -> Finding | None:
    """Return why the engine refuses ``leaf``, which is called ``name``; None when nothing speaks against it.

    Kinds and sizes of keys that are not served at all are told elsewhere.
    """
    try:
        return _objection_to_key(leaf, name) or _objection_to_staple(leaf, name)
    except UNREADABLE:
        return None


def _objection_to_key(leaf: x509.Certificate, name: str) -> Finding | None:
    label = {"certificate": name}
    if leaf.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
        return Finding("certificate.only-pss", label)
    try:
        key = leaf.public_key()
    except UnsupportedAlgorithm:
        return None
    if isinstance(key, rsa.RSAPublicKey):
        is_large = key.public_numbers().e.bit_length() > MOST_EXPONENT_BITS
        return Finding("certificate.large-exponent", label) if is_large else None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return None
    # RFC 5480, 2.1.1: a curve has a name in certificates; its parameters must not be spelled out.
    if der.parse(public_key_info(leaf)).child(0, 1).tag != der.OBJECT_IDENTIFIER:
        return Finding("certificate.explicit-curve", label)
    usage = extension_of(leaf.extensions, x509.KeyUsage)
    may_sign = usage is None or usage.digital_signature
    return None if may_sign else Finding("certificate.not-for-signing", label)


def _objection_to_staple(leaf: x509.Certificate, name: str) -> Finding | None:
    """Object to “must-staple” (RFC 7633): listeners have no OCSP answer to send along."""
    features = extension_of(leaf.extensions, x509.TLSFeature)
    is_asked = features is not None and x509.TLSFeatureType.status_request in features
    return Finding("certificate.must-staple", {"certificate": name}) if is_asked else None
