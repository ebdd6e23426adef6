"""Pages that take a certificate in: as a new one, or as the next version of one."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from certificates import services
from certificates.forms import ImportForm, ReplaceForm
from certificates.models import Certificate, Kind
from certificates.selectors import certificate_by_id
from certificates.services import Imported
from certificates.usage import usages_of
from console.errors import DomainError, StaleError
from console.forms import add_domain_error
from console.themes import own_address

# What the services call an input, and where the form shows it.
FIELDS = {"chain_pem": "certificate_pem"}


@sensitive_post_parameters("private_key_pem", "passphrase")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_import(request: HttpRequest) -> HttpResponse:
    """Import a certificate, then go to it, or back to where the person came from (``next``)."""
    form = _import_form(request)
    if request.method == "POST" and form.is_valid() and (imported := _imported(request, form)):
        _say(request, imported, _("“%(name)s” is imported.") % {"name": imported.certificate.name})
        return redirect(_return_address(request, imported.certificate))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "next": _next(request)}
    return render(request, "certificates/import.html", context, status=status)


def _import_form(request: HttpRequest) -> ImportForm:
    if request.method == "POST":
        return ImportForm(request.POST, request.FILES)
    kind = request.GET.get("kind")
    return ImportForm(initial={"kind": kind if kind in {Kind.SERVER, Kind.CA} else Kind.SERVER.value})


@sensitive_variables()
def _imported(request: HttpRequest, form: ImportForm) -> Imported | None:
    """Return what was stored, or None with the reason in the form."""
    given = form.cleaned_data
    try:
        return services.import_certificate(actor_of(request), kind=given["kind"], name=given["name"], **form.pem())
    except DomainError as error:
        add_domain_error(form, error, FIELDS)
        return None


def _next(request: HttpRequest) -> str:
    """Return the page of this console to go back to; empty for none, and for any other address."""
    return own_address(request, request.POST.get("next") or request.GET.get("next"), default="")


def _return_address(request: HttpRequest, certificate: Certificate) -> str:
    """Return where to go after an import; a page to go back to is told the new certificate's id."""
    address = _next(request)
    if not address:
        return f"/certificates/{certificate.pk}/"
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'imported': certificate.pk})}"


@sensitive_post_parameters("private_key_pem", "passphrase")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_replace(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Put a new version behind a certificate."""
    certificate = certificate_by_id(certificate_id)
    form = ReplaceForm(request.POST, request.FILES) if request.method == "POST" else _replace_form(certificate)
    if form.is_bound and form.is_valid() and (replaced := _replaced(request, certificate, form)):
        words = {"name": replaced.certificate.name, "number": replaced.version.number}
        _say(request, replaced, _("“%(name)s” is replaced by version %(number)d.") % words)
        return redirect("certificate-detail", certificate.pk)
    context = {"form": form, "certificate": certificate, "usages": usages_of([certificate.pk])[certificate.pk]}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "certificates/replace.html", context, status=status)


def _replace_form(certificate: Certificate) -> ReplaceForm:
    return ReplaceForm(initial={"revision": certificate.revision})


@sensitive_variables()
def _replaced(request: HttpRequest, certificate: Certificate, form: ReplaceForm) -> Imported | None:
    """Return what was stored, or None with the reason in the form."""
    given = form.cleaned_data
    try:
        return services.replace_certificate(
            actor_of(request),
            certificate.pk,
            expected_revision=given["revision"],
            may_lose_names=given["may_lose_names"],
            **form.pem(),
        )
    except StaleError:
        raise
    except DomainError as error:
        add_domain_error(form, error, FIELDS)
        return None


def _say(request: HttpRequest, imported: Imported, sentence: str) -> None:
    messages.success(request, sentence)
    for warning in imported.warnings if _next(request) else ():  # the certificate's own page shows them itself
        messages.warning(request, warning.message)
