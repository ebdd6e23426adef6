"""Certificates of Classic Load Balancers: the list by region, adding one, and removing one from a region."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from certificates.models import Certificate, Kind
from certificates.selectors import certificate_by_id
from console.errors import DomainError
from console.forms import add_domain_error
from console.returning import return_address, with_query
from listeners import selectors, services
from listeners.pages.pickers import Picker, choosable, making_url, picker, search_name
from listeners.regional_forms import Origin, RegionalCertificateForm

METHODS = ["GET", "HEAD", "POST"]
PICKED = ("regional_certificate_id", "ca_certificate_id")
# What the services call an input, and where the form shows it.
FIELDS = {"chain_pem": "certificate_pem", "certificate_id": "regional_certificate_id"}


@require_safe
def regional_certificate_list(request: HttpRequest) -> HttpResponse:
    """List which certificates Classic Load Balancers of which region can use, and how much of each limit is used."""
    region, kind, query = (request.GET.get(name, "").strip() for name in ("region", "kind", "q"))
    wanted = selectors.RegionalFilter(region=region, kind=kind, query=query)
    context = {
        "page": selectors.regional_certificates(wanted, request.GET.get("cursor", "")),
        "query": query,
        "region": region,
        "kind": kind,
        "is_narrowed": bool(region or kind or query),
        "kinds": [(str(each.value), each.label) for each in (Kind.SERVER, Kind.CA)],
        "regions": selectors.regions(),
        "usage": selectors.regional_usage(),
    }
    return render(request, "listeners/regional/list.html", context)


@sensitive_post_parameters("private_key_pem", "passphrase")
@never_cache
@require_http_methods(METHODS)
def regional_certificate_add(request: HttpRequest) -> HttpResponse:
    """Add a certificate to regions; ``next`` leads back to where it was asked for."""
    form = _form(request)
    go = request.POST.get("go", "")
    if go.startswith("create:"):
        field = go.removeprefix("create:")
        if field in PICKED:
            back = with_query(request.path, source=Origin.REPOSITORY, next=return_address(request), **{"as": field})
            return redirect(making_url(field, back, request.POST))
    is_sent = request.method == "POST" and go != "search"
    if is_sent and form.is_valid() and (added := _added(request, form)):
        messages.success(request, _("“%(name)s” is added to %(regions)s.") % _told(added, form))
        back = return_address(request)
        return redirect(with_query(back, imported=added.pk) if back else "regional-certificate-list")
    context = {
        "form": form,
        "next": return_address(request),
        "pickers": {field: _picker(request, form, field, judged=is_sent) for field in PICKED},
        "usage": selectors.regional_usage(),
    }
    has_errors = is_sent and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if has_errors else HTTPStatus.OK
    return render(request, "listeners/regional/add.html", context | {"has_errors": has_errors}, status=status)


def _form(request: HttpRequest) -> RegionalCertificateForm:
    regions = selectors.regions()
    if request.method == "POST" and request.POST.get("go") != "search":
        return RegionalCertificateForm(request.POST, request.FILES, regions=regions)
    data = request.POST if request.method == "POST" else request.GET
    initial: dict[str, Any] = {name: data[name] for name in ("source", "kind", "name", *PICKED) if data.get(name)}
    if data.get("as") == "ca_certificate_id":
        initial["kind"] = Kind.CA
    for field in PICKED:
        if made := choosable(field, data.getlist("imported")):
            initial[field] = made[0]
    initial["regions"] = data.getlist("regions") or [settings.REGION]
    return RegionalCertificateForm(initial=initial, regions=regions)


def _told(certificate: Certificate, form: RegionalCertificateForm) -> dict[str, str]:
    return {"name": certificate.name, "regions": ", ".join(form.all_regions())}


@sensitive_variables()
def _added(request: HttpRequest, form: RegionalCertificateForm) -> Certificate | None:
    """Return the certificate that was added, or None with the reason in the form."""
    given, actor = form.cleaned_data, actor_of(request)
    try:
        if given["source"] == Origin.REPOSITORY:
            rows = services.add_regional_certificate(actor, given[form.picked_field], regions=form.all_regions())
            return rows[0].certificate
        upload = services.Upload(kind=given["kind"], name=given["name"], **form.pem())
        imported, _rows = services.upload_regional_certificate(actor, upload, regions=form.all_regions())
    except DomainError as error:
        add_domain_error(form, error, FIELDS | {"certificate_id": form.picked_field})
        return None
    for warning in imported.warnings:
        messages.warning(request, warning.message)
    return imported.certificate


def _picker(request: HttpRequest, form: RegionalCertificateForm, field: str, *, judged: bool) -> Picker:
    data = request.POST if request.method == "POST" else request.GET
    return picker(
        field,
        [str(form[field].value() or "")],
        data.get(search_name(field), ""),
        errors=[str(error) for error in form.errors.get(field, ())] if judged else (),
        ca_source=data.get("ca_source", ""),
        ca_repository_id=data.get("ca_repository_id", ""),
    )


@require_http_methods(METHODS)
def regional_certificate_remove(request: HttpRequest, region: str, certificate_id: str) -> HttpResponse:
    """Take a certificate away from a region, after a confirmation."""
    certificate = certificate_by_id(certificate_id)
    error: DomainError | None = None
    if request.method == "POST":
        try:
            services.remove_regional_certificate(actor_of(request), certificate.pk, region=region)
        except DomainError as refused:
            error = refused
        else:
            told = {"name": certificate, "region": region}
            messages.success(request, _("“%(name)s” is removed from %(region)s; the repository keeps it.") % told)
            return redirect("regional-certificate-list")
    context = {"certificate": certificate, "region": region, "error": error}
    return render(request, "listeners/regional/remove.html", context, status=error.status if error else 200)
