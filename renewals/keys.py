"""The keys of accounts and certificates, made here and stored sealed. Pure."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certificates.matching import is_address

CertificateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_MAKERS: Mapping[str, Callable[[], CertificateKey]] = MappingProxyType(
    {
        "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
        "RSA-3072": lambda: rsa.generate_private_key(65537, 3072),
        "RSA-4096": lambda: rsa.generate_private_key(65537, 4096),
    }
)
KEY_TYPES = tuple(_MAKERS)
DEFAULT_KEY_TYPE = "P-256"


def make_key(key_type: str) -> CertificateKey:
    """Return a fresh key of one of ``KEY_TYPES``."""
    return _MAKERS[key_type]()


def key_pem(key: CertificateKey) -> bytes:
    """Return a key as PKCS#8 PEM, to be sealed."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def key_of(pem: bytes) -> CertificateKey:
    """Return what ``key_pem`` wrote."""
    key = load_pem_private_key(pem, None)
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        raise TypeError(type(key).__name__)
    return key


def request_for(key: CertificateKey, names: Sequence[str]) -> x509.CertificateSigningRequest:
    """Return a certificate signing request for ``names`` alone: authorities write the subject themselves."""
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
    builder = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(alternatives, critical=False)
    return builder.sign(key, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(name)) if is_address(name) else x509.DNSName(name)
