"""Pages of accounts with ACME servers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from console.errors import DomainError
from console.forms import add_domain_error
from console.revisions import revision_of
from renewals import accounts, selectors
from renewals.forms import AccountForm, NewAccountForm, initial_of_account
from renewals.models import AcmeAccount

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def account_list(request: HttpRequest) -> HttpResponse:
    """List the accounts."""
    return render(request, "renewals/account_list.html", {"accounts": selectors.accounts()})


@require_http_methods(METHODS)
def account_create(request: HttpRequest) -> HttpResponse:
    """Register an account with a server."""
    form = NewAccountForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form)
    fields = {key: value for key, value in form.cleaned_data.items() if key != "revision"}
    try:
        account = accounts.create_account(actor_of(request), **fields)
    except DomainError as error:
        add_domain_error(form, error)
        return _form_page(request, form)
    messages.success(request, _("The account “%(name)s” is registered.") % {"name": account.name})
    return redirect("acme-account-detail", account_id=account.pk)


@require_safe
def account_detail(request: HttpRequest, account_id: str) -> HttpResponse:
    """Show an account and what it renews."""
    account = selectors.account_by_id(account_id)
    rows = selectors.renewals().filter(account=account).order_by("name", "id")
    return render(request, "renewals/account_detail.html", {"account": account, "renewals": rows[:100]})


@require_http_methods(METHODS)
def account_edit(request: HttpRequest, account_id: str) -> HttpResponse:
    """Change an account's name, contact or trusted CA."""
    account = selectors.account_by_id(account_id)
    if request.method != "POST":
        return _form_page(request, AccountForm(initial=initial_of_account(account)), account)
    form = AccountForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, account)
    fields = dict(form.cleaned_data)
    try:
        accounts.update_account(actor_of(request), account_id, expected_revision=fields.pop("revision"), **fields)
    except DomainError as error:
        add_domain_error(form, error)
        return _form_page(request, form, account)
    messages.success(request, _("The account “%(name)s” is saved.") % {"name": fields["name"]})
    return redirect("acme-account-detail", account_id=account_id)


@require_http_methods(METHODS)
def account_delete(request: HttpRequest, account_id: str) -> HttpResponse:
    """Ask, then delete an account here and deactivate it at its server."""
    account = selectors.account_by_id(account_id)
    if request.method != "POST":
        return render(request, "renewals/account_delete.html", {"account": account})
    is_told = accounts.delete_account(actor_of(request), account_id, expected_revision=revision_of(request))
    messages.success(request, _("The account “%(name)s” is deleted.") % {"name": account.name})
    if not is_told:
        messages.warning(request, _("Its server could not be told, and still holds it."))
    return redirect("acme-account-list")


def _form_page(request: HttpRequest, form: AccountForm, account: AcmeAccount | None = None) -> HttpResponse:
    context = {"form": form, "account": account}
    return render(request, "renewals/account_form.html", context, status=422 if form.errors else 200)
