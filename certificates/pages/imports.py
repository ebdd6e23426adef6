"""The page that takes a new certificate in."""

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
from certificates.forms.certificates import ImportForm
from certificates.models import Certificate, Kind
from certificates.services import Imported
from console.errors import DomainError
from console.forms import add_domain_error
from console.returning import return_address, with_query

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
    context = {"form": form, "next": return_address(request)}
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


def _return_address(request: HttpRequest, certificate: Certificate) -> str:
    """Return where to go after an import; a page to go back to is told the new certificate's id."""
    address = return_address(request)
    return with_query(address, imported=certificate.pk) if address else f"/certificates/{certificate.pk}/"


def _say(request: HttpRequest, imported: Imported, sentence: str) -> None:
    messages.success(request, sentence)
    for warning in imported.warnings if return_address(request) else ():  # the certificate's own page shows them itself
        messages.warning(request, warning.message)
