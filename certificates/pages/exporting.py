"""Pages that hand out certificates: downloads without the key, and the export with it."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of, user_of
from access.reauthentication import refuse_without, refuse_wrong_password
from certificates.exports.formats import File
from certificates.forms.exports import ExportForm, TrustStoreForm
from certificates.models import Certificate, Kind
from certificates.selectors import certificate_by_id
from certificates.services.exporting import (
    PERMISSION,
    export_certificate,
    export_key,
    export_trust_store,
    refuse_where_switched_off,
)
from console.errors import DomainError
from console.forms import add_domain_error


@require_safe
def certificate_download(request: HttpRequest, certificate_id: str, form: str) -> HttpResponse:
    """Send the certificate without its key: PEM with the chain, or DER."""
    return sent(export_certificate(certificate_id, form))


@sensitive_post_parameters("password", "passphrase", "passphrase_again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_export(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Send the certificate with its key, for those who may and who give their password again."""
    certificate = certificate_by_id(certificate_id)
    if certificate.kind == Kind.CA:
        return _trust_store(request, certificate)
    refuse_where_switched_off()
    refuse_without(user_of(request), PERMISSION)
    form = ExportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and (file := _exported(request, certificate, form)):
        return sent(file)
    return _page(request, certificate, form)


@sensitive_variables()
def _exported(request: HttpRequest, certificate: Certificate, form: ExportForm) -> File | None:
    """Return the file, or None with the reason in the form."""
    given = form.cleaned_data
    try:
        refuse_wrong_password(request, user_of(request), given["password"])
        return export_key(actor_of(request), certificate.pk, form=given["format"], passphrase=given["passphrase"])
    except DomainError as error:
        add_domain_error(form, error)
        return None


@sensitive_variables()
def _trust_store(request: HttpRequest, certificate: Certificate) -> HttpResponse:
    form = TrustStoreForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return sent(export_trust_store(certificate.pk, form.cleaned_data["passphrase"]))
        except DomainError as error:
            add_domain_error(form, error)
    return _page(request, certificate, form)


def _page(request: HttpRequest, certificate: Certificate, form: ExportForm | TrustStoreForm) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "certificates/export.html", {"form": form, "certificate": certificate}, status=status)


def sent(file: File) -> HttpResponse:
    """Return an answer that saves a file and that nobody keeps."""
    answer = HttpResponse(file.content, content_type=file.content_type)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name) or "attachment"
    answer["Cache-Control"] = "no-store"
    return answer
