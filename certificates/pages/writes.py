"""Pages that change a certificate: roll back, edit, delete."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from certificates import services
from certificates.coverage import difference_of_return
from certificates.forms.certificates import ConfirmForm, LabelsForm, RollBackForm
from certificates.models import Certificate, CertificateName
from certificates.owners import known_owners
from certificates.pages.tags import read_tags, written_tags
from certificates.selectors import certificate_by_id, version_of
from certificates.usage import followers_of, usages_of
from console.errors import ConflictError, DomainError, StaleError
from console.forms import add_domain_error


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_roll_back(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Confirm, then serve again an older version: the one before, or the one that the address names."""
    if request.method == "POST":
        return _roll_back(request, certificate_id)
    return render(request, "certificates/roll_back.html", _roll_back_context(request, certificate_id))


def _roll_back_context(request: HttpRequest, certificate_id: str) -> dict[str, Any]:
    certificate = certificate_by_id(certificate_id)
    current = version_of(certificate_id)
    wanted = request.GET.get("version", "")
    target = version_of(certificate_id, int(wanted)) if wanted.isdecimal() and len(wanted) < 9 else current.replaces  # noqa: PLR2004
    if target is None or target.pk == current.pk:
        raise ConflictError(
            _("“%(name)s” has no other version to go back to.") % {"name": certificate.name},
            "certificate.no-previous-version",
            way_out=_("Replace it instead."),
        )
    return {
        "certificate": certificate,
        "current": current,
        "target": target,
        "difference": difference_of_return(certificate, current, target),
        "usages": usages_of([certificate.pk])[certificate.pk],
        "form": RollBackForm(initial={"revision": certificate.revision, "version": target.number}),
    }


def _roll_back(request: HttpRequest, certificate_id: str) -> HttpResponse:
    form = RollBackForm(request.POST)
    if not form.is_valid():
        return redirect("certificate-roll-back", certificate_id)
    given = form.cleaned_data
    done = services.roll_back_certificate(
        actor_of(request),
        certificate_id,
        version_number=given["version"],
        expected_revision=given["revision"],
        reason=given["reason"],
    )
    words = {"name": done.certificate.name, "number": done.version.number}
    messages.success(request, _("“%(name)s” is back at version %(number)d.") % words)
    for warning in done.warnings:
        messages.warning(request, warning.message)
    return redirect("certificate-detail", certificate_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_edit(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Change a certificate's name, owner and tags."""
    certificate = certificate_by_id(certificate_id)
    form = LabelsForm(request.POST or None, initial=_labels_of(certificate))
    if request.method == "POST" and form.is_valid() and _is_labelled(request, certificate_id, form):
        return redirect("certificate-detail", certificate_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "certificate": certificate, "owners": known_owners()}
    return render(request, "certificates/edit.html", context, status=status)


def _labels_of(certificate: Certificate) -> dict[str, Any]:
    return {
        "name": certificate.name,
        "owner": certificate.owner,
        "tags": written_tags(certificate),
        "revision": certificate.revision,
    }


def _is_labelled(request: HttpRequest, certificate_id: str, form: LabelsForm) -> bool:
    given = form.cleaned_data
    try:
        services.update_certificate(
            actor_of(request),
            certificate_id,
            name=given["name"],
            owner=given["owner"],
            tags=read_tags(given["tags"]),
            expected_revision=given["revision"],
        )
    except StaleError:
        raise
    except DomainError as error:
        add_domain_error(form, error)
        return False
    messages.success(request, _("“%(name)s” is saved.") % {"name": given["name"]})
    return True


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_delete(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Confirm, then delete a certificate; one in use is not deleted, and the page shows by whom it is used."""
    certificate = certificate_by_id(certificate_id)
    form = ConfirmForm(request.POST or None, initial={"revision": certificate.revision})
    usages = usages_of([certificate.pk])[certificate.pk]
    if request.method == "POST" and form.is_valid() and not usages:
        services.delete_certificate(actor_of(request), certificate_id, expected_revision=form.cleaned_data["revision"])
        messages.success(request, _("“%(name)s” is deleted.") % {"name": certificate.name})
        return redirect("certificate-list")
    context = {
        "certificate": certificate,
        "form": form,
        "usages": usages,
        "followers": followers_of(certificate.pk),
        "versions": certificate.versions.count(),
        "names": CertificateName.objects.filter(version=certificate.current_version)[:20],
    }
    status = HTTPStatus.CONFLICT if usages else HTTPStatus.OK
    return render(request, "certificates/delete.html", context, status=status if request.method == "POST" else 200)
