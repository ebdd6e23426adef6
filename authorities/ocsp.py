"""Answer OCSP requests (RFC 6960, and RFC 5019 for many clients). Pure."""

import datetime as dt
import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from authorities.building import SigningKey, hash_for
from authorities.lists import REASONS
from certificates.parsing import der

LARGEST_REQUEST_BYTES = 4096  # one question with a nonce has some 150
LONGEST_NONCE = 128  # RFC 9654
HASHES: tuple[type[hashes.HashAlgorithm], ...] = (
    hashes.SHA1, hashes.SHA224, hashes.SHA256, hashes.SHA384, hashes.SHA512,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """Which certificate is asked about, by whom it was issued, and what is to be repeated in the answer."""

    request: ocsp.OCSPRequest
    nonce: x509.OCSPNonce | None

    @property
    def serial(self) -> str:
        """The serial number, hexadecimal."""
        return f"{self.request.serial_number:x}"

    def is_about(self, issuer: x509.Certificate) -> bool:
        """Whether the certificate is said to be issued by ``issuer``."""
        algorithm = self.request.hash_algorithm
        name = issuer.subject.public_bytes()
        return (
            _digest(algorithm, name) == self.request.issuer_name_hash
            and _digest(algorithm, _key_bits(issuer)) == self.request.issuer_key_hash
        )


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a certificate: ``good``, ``revoked`` or ``unknown``, and between which times that holds."""

    status: ocsp.OCSPCertStatus
    this_update: dt.datetime
    next_update: dt.datetime
    revoked_at: dt.datetime | None = None
    reason: str = ""


def read_question(data: bytes) -> Question | None:
    """Return the question in a DER request; None for what is none, or asks about several certificates at once."""
    if len(data) > LARGEST_REQUEST_BYTES:
        return None
    try:
        request = ocsp.load_der_ocsp_request(data)
        if not isinstance(request.hash_algorithm, HASHES) or request.serial_number <= 0:
            return None
        nonce = _nonce(request)
    except (ValueError, TypeError, NotImplementedError, x509.DuplicateExtension):
        return None
    if nonce and not 0 < len(nonce.nonce) <= LONGEST_NONCE:
        return None
    return Question(request, nonce)


def answer(question: Question, status: Status, responder: x509.Certificate, key: SigningKey) -> bytes:
    """Return the signed answer, DER."""
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=question.request.issuer_name_hash,
        issuer_key_hash=question.request.issuer_key_hash,
        serial_number=question.request.serial_number,
        algorithm=question.request.hash_algorithm,
        cert_status=status.status,
        this_update=status.this_update,
        next_update=status.next_update,
        revocation_time=status.revoked_at,
        revocation_reason=REASONS.get(status.reason),
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder).certificates([responder])
    if question.nonce:
        builder = builder.add_extension(question.nonce, critical=False)
    return builder.sign(key, hash_for(key)).public_bytes(serialization.Encoding.DER)


def refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    """Return an answer without a signature that says why there is none, DER."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(serialization.Encoding.DER)


def _nonce(request: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    try:
        return request.extensions.get_extension_for_class(x509.OCSPNonce).value
    except x509.ExtensionNotFound:
        return None


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    return hashlib.new(algorithm.name, data, usedforsecurity=False).digest()


def _key_bits(issuer: x509.Certificate) -> bytes:
    """Return the public key without the algorithm around it, which is what requests hash."""
    key = issuer.public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return der.parse(spki).child(1).content[1:]
