"""The keys of accounts and certificates, made here and stored sealed. Pure."""

import ipaddress
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certificates.key_types import KeyType, NewKey
from certificates.matching import is_address

DEFAULT_KEY_TYPE = KeyType.P256.value


def key_pem(key: NewKey) -> bytes:
    """Return a key as PKCS#8 PEM, to be sealed."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def key_of(pem: bytes) -> NewKey:
    """Return what ``key_pem`` wrote."""
    key = load_pem_private_key(pem, None)
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        raise TypeError(type(key).__name__)
    return key


def request_for(key: NewKey, names: Sequence[str]) -> x509.CertificateSigningRequest:
    """Return a certificate signing request for ``names`` alone: authorities write the subject themselves."""
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
    builder = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(alternatives, critical=False)
    return builder.sign(key, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(name)) if is_address(name) else x509.DNSName(name)
