"""What the engine's library (BoringSSL) refuses in a server certificate that reads well otherwise. Pure.

The certificate is taken and watched; its import says that no listener will serve it, and why. Each objection was
found by giving odd certificates to the engine: tests/conformance/test_engine_takes_what_is_imported.py.
"""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import PublicKeyAlgorithmOID

from certificates.parsing import der
from certificates.parsing.x509 import UNREADABLE, extension_of, public_key_info

MOST_EXPONENT_BITS = 33
MUST_STAPLE, NOT_FOR_SIGNING = "certificate.must-staple", "certificate.not-for-signing"
EXPLICIT_CURVE, LARGE_EXPONENT = "certificate.explicit-curve", "certificate.large-exponent"
ONLY_PSS = "certificate.only-pss"


def objection_to(leaf: x509.Certificate) -> str:
    """Return the code of the finding that says why the engine refuses ``leaf``; empty when nothing speaks against it.

    Kinds and sizes of keys that are not served at all are told elsewhere.
    """
    try:
        return _objection_to_key(leaf) or _objection_to_staple(leaf)
    except UNREADABLE:
        return ""


def _objection_to_key(leaf: x509.Certificate) -> str:
    if leaf.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
        return ONLY_PSS
    try:
        key = leaf.public_key()
    except UnsupportedAlgorithm:
        return ""
    if isinstance(key, rsa.RSAPublicKey):
        return LARGE_EXPONENT if key.public_numbers().e.bit_length() > MOST_EXPONENT_BITS else ""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return ""
    # RFC 5480, 2.1.1: a curve has a name in certificates; its parameters must not be spelled out.
    if der.parse(public_key_info(leaf)).child(0, 1).tag != der.OBJECT_IDENTIFIER:
        return EXPLICIT_CURVE
    usage = extension_of(leaf.extensions, x509.KeyUsage)
    return "" if usage is None or usage.digital_signature else NOT_FOR_SIGNING


def _objection_to_staple(leaf: x509.Certificate) -> str:
    """Object to “must-staple” (RFC 7633): listeners have no OCSP answer to send along."""
    features = extension_of(leaf.extensions, x509.TLSFeature)
    return MUST_STAPLE if features and x509.TLSFeatureType.status_request in features else ""
