"""What an authority publishes, for everybody and without signing in: its certificate, its list, its OCSP answers."""

import base64
import binascii
import datetime as dt
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from authorities.answering import answer_question
from authorities.models import Authority, PublishedList
from authorities.ocsp import LARGEST_REQUEST_BYTES, Question, read_question, refusal
from authorities.selectors import authority_by_id, x509_of
from console.errors import NotFoundError

# A revocation publishes at once, so nobody shall keep an older list for longer than this.
LIST_SECONDS = 300
CERTIFICATE_SECONDS = 3600
CRL_TYPE = "application/pkix-crl"
PEM_TYPE = "application/x-pem-file"
OCSP_TYPE = "application/ocsp-response"
PEM_COLUMNS = 64
LONGEST_ENCODED = LARGEST_REQUEST_BYTES * 4 // 3 + 4


@login_not_required
@require_safe
def authority_certificate(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Send the authority's own certificate, DER (RFC 5280, section 4.2.2.1)."""
    encoding = x509_of(_authority(authority_id)).public_bytes(serialization.Encoding.DER)
    return _cached(request, encoding, "application/pkix-cert", CERTIFICATE_SECONDS)


@login_not_required
@require_safe
def revocation_list(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Send the newest revocation list, DER."""
    published = _published(authority_id)
    answer = _cached(request, bytes(published.der), CRL_TYPE, LIST_SECONDS, published.this_update)
    answer["Content-Disposition"] = f'attachment; filename="{authority_id}.crl"'
    return answer


@login_not_required
@require_safe
def revocation_list_pem(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Send the newest revocation list, PEM."""
    published = _published(authority_id)
    pem = _pem(bytes(published.der)).encode()
    answer = _cached(request, pem, PEM_TYPE, LIST_SECONDS, published.this_update)
    answer["Content-Disposition"] = f'attachment; filename="{authority_id}.pem"'
    return answer


@csrf_exempt
@login_not_required
@require_http_methods(["POST"])
def ocsp_post(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Answer an OCSP request in the body (RFC 6960, appendix A.1)."""
    data = request.read(LARGEST_REQUEST_BYTES + 1)
    body, _question = _answered(_authority(authority_id), data)
    return HttpResponse(body, content_type=OCSP_TYPE, headers={"Cache-Control": "no-store"})


@login_not_required
@require_safe
def ocsp_get(request: HttpRequest, authority_id: str, encoded: str) -> HttpResponse:
    """Answer an OCSP request in the address, so that caches may keep the answer (RFC 5019, section 5)."""
    body, question = _answered(_authority(authority_id), _decoded(encoded))
    response = HttpResponse(body, content_type=OCSP_TYPE)
    answered = ocsp.load_der_ocsp_response(body)
    if question is None or question.nonce or answered.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
        response["Cache-Control"] = "no-store"
        return response
    end = answered.next_update_utc
    left = int((end - timezone.now()).total_seconds()) if end else 0
    response["Cache-Control"] = f"max-age={max(left, 0)}, public, no-transform, must-revalidate"
    response["ETag"] = f'"{hashlib.sha256(body).hexdigest()}"'
    response["Last-Modified"] = http_date(answered.this_update_utc.timestamp())
    response["Expires"] = http_date(end.timestamp()) if end else ""
    return response


def _answered(authority: Authority, data: bytes) -> tuple[bytes, Question | None]:
    question = read_question(data)
    if question is None:
        return refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST), None
    return answer_question(authority, question), question


def _decoded(encoded: str) -> bytes:
    """Return the request; empty when it is not base64 in the first place."""
    try:
        return base64.b64decode(encoded[:LONGEST_ENCODED], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _authority(authority_id: str) -> Authority:
    try:
        return authority_by_id(authority_id)
    except NotFoundError as error:
        raise Http404(error.message) from None


def _published(authority_id: str) -> PublishedList:
    found = PublishedList.objects.filter(authority_id=authority_id).first() if authority_id.isprintable() else None
    if found is None:
        raise Http404("No such list is published here.")
    return found


def _cached(
    request: HttpRequest, body: bytes, content_type: str, seconds: int, changed_at: dt.datetime | None = None
) -> HttpResponse:
    """Return the answer with what caches need, or 304 to one that has it already (RFC 9110)."""
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    changed = int(changed_at.timestamp()) if changed_at else None
    answer = HttpResponse(body, content_type=content_type)
    answer["ETag"] = etag
    answer["Cache-Control"] = f"public, max-age={seconds}"
    if changed is not None:
        answer["Last-Modified"] = http_date(changed)
    return get_conditional_response(request, etag, changed, answer) or answer


def _pem(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    lines = [text[start : start + PEM_COLUMNS] for start in range(0, len(text), PEM_COLUMNS)]
    return "\n".join(["-----BEGIN X509 CRL-----", *lines, "-----END X509 CRL-----", ""])
