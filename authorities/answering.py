"""Look up what an OCSP question is about, and have the authority's responder sign the answer."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp
from django.utils import timezone

from authorities.building import SigningKey
from authorities.models import Authority, IssuedCertificate, Responder
from authorities.ocsp import Question, Status, answer, refusal
from authorities.selectors import x509_of
from certificates.keys import unseal

# How long an answer may be kept (RFC 5019 asks for some time); listeners here ask the list, which is never that old.
ANSWER_LIFE = dt.timedelta(hours=1)


def answer_question(authority: Authority, question: Question) -> bytes:
    """Return the answer, DER: signed, or ``unauthorized`` for another issuer's certificate, or ``tryLater``."""
    if not question.is_about(x509_of(authority)):
        return refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    responder = Responder.objects.filter(authority=authority, not_after__gt=timezone.now()).first()
    if responder is None:
        return refusal(ocsp.OCSPResponseStatus.TRY_LATER)
    certificate = x509.load_pem_x509_certificate(responder.certificate_pem.encode())
    key = serialization.load_pem_private_key(unseal(responder.key), None)
    if not isinstance(key, SigningKey):
        raise TypeError(f"a responder with a {type(key).__name__}")
    return answer(question, _status(authority, question.serial), certificate, key)


def _status(authority: Authority, serial: str) -> Status:
    now = timezone.now().replace(microsecond=0)
    issued = IssuedCertificate.objects.filter(authority=authority, serial=serial).first()
    if issued is None:
        return Status(ocsp.OCSPCertStatus.UNKNOWN, now, now + ANSWER_LIFE)
    if issued.revoked_at is None:
        return Status(ocsp.OCSPCertStatus.GOOD, now, now + ANSWER_LIFE)
    return Status(ocsp.OCSPCertStatus.REVOKED, now, now + ANSWER_LIFE, issued.revoked_at, issued.reason)
