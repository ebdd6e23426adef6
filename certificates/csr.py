"""Make certificate signing requests (PKCS #10, RFC 2986). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certificates.key_types import NewKey

P384_BITS = 384


@dataclass(frozen=True, slots=True)
class MadeRequest:
    """A request in PEM, and what is kept of it to find its certificate and to list it."""

    csr_pem: str
    key_pem: bytes
    subject: str  # RFC 4514
    key_algorithm: str
    key_bits: int
    spki_sha256: str


def make_request(key: NewKey, subject: x509.Name, names: Sequence[x509.GeneralName]) -> MadeRequest:
    """Return a request for ``subject`` and ``names``, signed with its own key."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    is_long = isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size >= P384_BITS
    request = builder.sign(key, hashes.SHA384() if is_long else hashes.SHA256())
    return MadeRequest(
        csr_pem=request.public_bytes(serialization.Encoding.PEM).decode(),
        key_pem=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        subject=subject.rfc4514_string(),
        key_algorithm="ECDSA" if isinstance(key, ec.EllipticCurvePrivateKey) else "RSA",
        key_bits=key.key_size,
        spki_sha256=_spki_sha256(key),
    )


def _spki_sha256(key: NewKey) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(
        key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return digest.finalize().hex()
