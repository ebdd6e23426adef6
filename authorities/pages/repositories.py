"""Pages of repositories of third-party CA certificates."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.actors import actor_of
from authorities import selectors
from authorities.forms import RepositoryEditForm, RepositoryForm, RevisionForm, UploadForm
from authorities.models import Repository
from authorities.pages.authorities import METHODS
from authorities.services import repositories as services
from certificates.selectors import ORDER
from certificates.usage import usages_of
from console.form_pages import Crumb, FormPage, attempt, show_form
from console.returning import return_address, with_query
from console.tables import keyset_page


@require_safe
def repository_list(request: HttpRequest) -> HttpResponse:
    """List the repositories."""
    page = keyset_page(selectors.repositories(), ("name", "id"), request.GET.get("cursor", ""))
    return render(request, "authorities/repository_list.html", {"page": page})


@require_safe
def repository_detail(request: HttpRequest, repository_id: str) -> HttpResponse:
    """Show a repository's certificates with who uses them."""
    repository = selectors.repository_by_id(repository_id)
    page = keyset_page(selectors.repository_certificates(repository), ORDER, request.GET.get("cursor", ""))
    users = usages_of([certificate.pk for certificate in page])
    rows = [(certificate, users[certificate.pk]) for certificate in page]
    return render(request, "authorities/repository_detail.html", {"repository": repository, "page": page, "rows": rows})


@never_cache
@require_http_methods(METHODS)
def repository_create(request: HttpRequest) -> HttpResponse:
    """Create an empty repository."""
    form = RepositoryForm(request.POST or None)
    if request.method == "POST":
        made = attempt(form, lambda: services.create_repository(actor_of(request), **form.cleaned_data))
        if made:
            messages.success(request, _("The repository “%(name)s” is created.") % {"name": made.name})
            return redirect("repository-detail", made.pk)
    note = _("Data source: uploaded CA certificates.")
    page = FormPage(_("Create CA repository"), _("Create"), reverse("repository-list"), (_list_crumb(),), note)
    return show_form(request, form, page)


@never_cache
@require_http_methods(METHODS)
def repository_edit(request: HttpRequest, repository_id: str) -> HttpResponse:
    """Give a repository another name and description."""
    repository = selectors.repository_by_id(repository_id)
    initial = {"name": repository.name, "description": repository.description, "revision": repository.revision}
    form = RepositoryEditForm(request.POST or None, initial=initial)
    if request.method == "POST" and attempt(form, lambda: _change(request, repository_id, form)) is not None:
        messages.success(request, _("The repository is saved."))
        return redirect("repository-detail", repository_id)
    page = FormPage(_("Edit CA repository"), _("Save"), _address(repository), (_list_crumb(), _crumb(repository)))
    return show_form(request, form, page)


def _change(request: HttpRequest, repository_id: str, form: RepositoryEditForm) -> Repository:
    given = form.cleaned_data
    return services.change_repository(
        actor_of(request),
        repository_id,
        name=given["name"],
        description=given["description"],
        expected_revision=given["revision"],
    )


@never_cache
@require_http_methods(METHODS)
def repository_delete(request: HttpRequest, repository_id: str) -> HttpResponse:
    """Confirm, then delete a repository."""
    repository = selectors.repository_by_id(repository_id)
    form = RevisionForm(request.POST or None, initial={"revision": repository.revision})
    if request.method == "POST" and attempt(form, lambda: _delete(request, repository_id, form)) is not None:
        messages.success(request, _("The repository “%(name)s” is deleted.") % {"name": repository.name})
        return redirect("repository-list")
    page = FormPage(
        _("Delete CA repository"),
        _("Delete repository"),
        _address(repository),
        (_list_crumb(), _crumb(repository)),
        note=_("“%(name)s” is deleted; its certificates stay stored.") % {"name": repository.name},
        is_dangerous=True,
    )
    return show_form(request, form, page)


def _delete(request: HttpRequest, repository_id: str, form: RevisionForm) -> bool:
    services.delete_repository(actor_of(request), repository_id, expected_revision=form.cleaned_data["revision"])
    return True


@never_cache
@require_http_methods(METHODS)
def repository_upload(request: HttpRequest, repository_id: str) -> HttpResponse:
    """Upload a root or an intermediate into a repository; ``next`` leads back to a wizard."""
    repository = selectors.repository_by_id(repository_id)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        actor = actor_of(request)
        imported = attempt(
            form,
            lambda: services.upload_certificate(
                actor, repository_id, name=form.cleaned_data["name"], certificate_pem=form.content()
            ),
        )
        if imported:
            messages.success(request, _("“%(name)s” is in the repository.") % {"name": imported.certificate.name})
            back = return_address(request)
            return redirect(with_query(back, imported=imported.certificate.pk) if back else _address(repository))
    page = FormPage(_("Upload CA certificate"), _("Upload"), _address(repository), (_list_crumb(), _crumb(repository)))
    return show_form(request, form, page, next=return_address(request))


@require_POST
def repository_remove(request: HttpRequest, repository_id: str, certificate_id: str) -> HttpResponse:
    """Take a certificate out of a repository."""
    services.remove_certificate(actor_of(request), repository_id, certificate_id)
    messages.success(request, _("The certificate is taken out of the repository; it stays stored."))
    return redirect("repository-detail", repository_id)


def _address(repository: Repository) -> str:
    return reverse("repository-detail", args=[repository.pk])


def _list_crumb() -> Crumb:
    return Crumb(_("CA repositories"), reverse("repository-list"))


def _crumb(repository: Repository) -> Crumb:
    return Crumb(repository.name, _address(repository))
