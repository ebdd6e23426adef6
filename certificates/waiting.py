"""Requests whose certificates are awaited: find them by the public key, hand over the key, tick them off."""

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.keys import unseal
from certificates.models import CertificateRequest, CertificateVersion, RequestKey, SealedKey
from console.errors import NotFoundError
from console.ids import is_id
from console.revisions import save_revision

BATCH = 500
ORDER = ("-created_at", "id")


def requests(*, is_waiting: bool | None = None) -> QuerySet[CertificateRequest]:
    """Return the requests, newest first: all, those that wait for their certificate, or those that have it."""
    found = CertificateRequest.objects.select_related("renews", "certificate").order_by(*ORDER)
    return found if is_waiting is None else found.filter(completed_at__isnull=is_waiting)


def request_by_id(request_id: str) -> CertificateRequest:
    """Return a request; raise NotFoundError."""
    found = requests().filter(pk=request_id).first() if is_id(request_id) else None
    if found is None:
        raise NotFoundError(
            _("There is no certificate request “%(id)s”.") % {"id": request_id[:64]},
            "request.not-found",
            field="request_id",
            way_out=_("It may have been deleted; look it up in the list of requests."),
        )
    return found


def kept_key(spki_sha256s: Iterable[str]) -> bytes | None:
    """Return the private key (PKCS#8 PEM) of one of these public keys, of a request or of a version; None for none."""
    digests = list(spki_sha256s)
    tokens = RequestKey.objects.filter(request__spki_sha256__in=digests).values_list("token", flat=True)
    token = tokens.first()
    if token is None:
        own = SealedKey.objects.filter(version__spki_sha256__in=digests).exclude(version__certificate__kind="ca")
        token = own.values_list("token", flat=True).first()
    return None if token is None else unseal(token)


def renewed_certificates(spki_sha256s: Sequence[str]) -> dict[str, str]:
    """Return the ids of the certificates that waiting requests renew, by the requests' public keys."""
    found: dict[str, str] = {}
    for start in range(0, len(spki_sha256s), BATCH):
        waiting = CertificateRequest.objects.filter(
            spki_sha256__in=spki_sha256s[start : start + BATCH], completed_at=None, renews__isnull=False
        )
        found |= dict(waiting.values_list("spki_sha256", "renews_id"))
    return found


def complete_requests(versions: Sequence[CertificateVersion]) -> None:
    """Give stored versions the keys of the requests that they answer, and tick the requests off. In a transaction."""
    by_key = {version.spki_sha256: version for version in versions}
    digests = list(by_key)
    for start in range(0, len(digests), BATCH):
        waiting = CertificateRequest.objects.filter(spki_sha256__in=digests[start : start + BATCH], completed_at=None)
        for request in waiting:
            _complete(request, by_key[request.spki_sha256])


def _complete(request: CertificateRequest, version: CertificateVersion) -> None:
    key = RequestKey.objects.filter(request=request).first()  # none where it stayed with whoever made the request
    if key is not None:
        SealedKey.objects.get_or_create(version=version, defaults={"token": key.token})
        key.delete()
    request.certificate_id = version.certificate_id
    request.completed_at = timezone.now()
    save_revision(request, "certificate", "completed_at")
