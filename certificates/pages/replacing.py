"""Pages that replace a certificate: take the upload, show what it would change, store it as the next version."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from certificates import services
from certificates.coverage import Difference, difference_of_bundle
from certificates.forms.certificates import DecideForm, ReplaceForm
from certificates.models import Certificate
from certificates.parsing.bundles import Bundle
from certificates.replacements import keep_replacement, open_replacement
from certificates.selectors import certificate_by_id, version_of
from certificates.services.rows import unchanged
from certificates.services.versions import check_replacement, read_replacement
from certificates.usage import usages_of
from console.errors import DomainError, StaleError
from console.forms import add_domain_error

# What the services call an input, and where the form shows it.
FIELDS = {"chain_pem": "certificate_pem"}


@sensitive_post_parameters("private_key_pem", "passphrase")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_replace(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Take a new version; it is stored at once only if nothing is lost and nothing has to be pointed out."""
    certificate = certificate_by_id(certificate_id)
    form = ReplaceForm(request.POST, request.FILES) if request.method == "POST" else _replace_form(certificate)
    if form.is_bound and form.is_valid() and (answer := _taken(request, certificate, form)):
        return answer
    context = {"form": form, "certificate": certificate, "usages": usages_of([certificate.pk])[certificate.pk]}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "certificates/replace.html", context, status=status)


def _replace_form(certificate: Certificate) -> ReplaceForm:
    return ReplaceForm(initial={"revision": certificate.revision})


@sensitive_variables()
def _taken(request: HttpRequest, certificate: Certificate, form: ReplaceForm) -> HttpResponse | None:
    """Return where to go on, or None with the reason in the form."""
    revision = form.cleaned_data["revision"]
    try:
        unchanged(certificate.pk, revision)
        bundle = read_replacement(certificate.pk, **form.pem())
        check_replacement(certificate, bundle)
        if difference_of_bundle(certificate, version_of(certificate.pk), bundle).is_worth_a_look:
            kept = keep_replacement(actor_of(request), certificate, bundle, revision)
            return redirect("certificate-replace-decide", certificate.pk, kept.pk)
        return _stored(request, certificate.pk, bundle, revision)
    except StaleError:
        raise
    except DomainError as error:
        add_domain_error(form, error, FIELDS)
        return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_replace_decide(request: HttpRequest, certificate_id: str, replacement_id: str) -> HttpResponse:
    """Show what the upload would change; store it, for a reason if names are lost."""
    certificate = certificate_by_id(certificate_id)
    kept, bundle = open_replacement(actor_of(request), certificate.pk, replacement_id)
    difference = difference_of_bundle(certificate, version_of(certificate.pk), bundle)
    form = DecideForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].required = difference.needs_reason
    if request.method == "POST" and form.is_valid():
        answer = _stored(request, certificate.pk, bundle, kept.revision, form.cleaned_data["reason"])
        kept.delete()
        return answer
    return _decide_page(request, certificate, difference, form)


def _decide_page(
    request: HttpRequest, certificate: Certificate, difference: Difference, form: DecideForm
) -> HttpResponse:
    context = {
        "certificate": certificate,
        "difference": difference,
        "form": form,
        "usages": usages_of([certificate.pk])[certificate.pk],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "certificates/replace_decide.html", context, status=status)


def _stored(request: HttpRequest, certificate_id: str, bundle: Bundle, revision: int, reason: str = "") -> HttpResponse:
    stored = services.store_replacement(actor_of(request), certificate_id, bundle, revision, reason=reason)
    words = {"name": stored.certificate.name, "number": stored.version.number}
    messages.success(request, _("“%(name)s” is replaced by version %(number)d.") % words)
    return redirect("certificate-detail", certificate_id)
