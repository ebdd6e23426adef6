"""Manage certificates: the tabs Server certificates and CA certificate of a listener."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from certificates.services import roll_back_certificate
from console.errors import DomainError, NotFoundError
from console.returning import with_query
from listeners import limits, selectors, services
from listeners.cipher_suites import VERSIONS
from listeners.explanation import Client
from listeners.impact import impact_of
from listeners.listener_forms import scope_of
from listeners.models import Binding, Listener
from listeners.pages.editing import Opened, opened_from
from listeners.pages.frames import frame
from listeners.pages.pickers import SOURCES, Picker, choosable, making_url, picker, search_name
from listeners.products import features_of

METHODS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One question of Manage certificates: which certificate(s), what the answer does, and the service that does it."""

    field: str  # of the form, and the service's parameter
    change: str  # see ``listeners.impact``
    title: "str | Promise"
    button: "str | Promise"
    done: "str | Promise"
    save: Callable[..., object]
    extra: tuple[str, ...] = ()  # what else is asked, and sent to the service as it is

    @property
    def tab(self) -> str:
        """The tab that the question belongs to."""
        return "ca" if self.field == "ca_certificate_id" else "server"

    @property
    def back(self) -> str:
        """The name of that tab's address."""
        return TAB_URLS[self.tab]

    def answer(self, ids: list[str]) -> dict[str, list[str] | str]:
        """Return what was chosen as the service takes it. Raises NotFoundError for nothing."""
        if ids:
            return {self.field: ids if SOURCES[self.field].several else ids[0]}
        words = _("No certificate is selected."), "listener.certificate-missing"
        raise NotFoundError(*words, field=self.field, way_out=_("Select one."))


TAB_URLS = {"server": "listener-certificates", "ca": "listener-ca"}
CHANGE_DEFAULT = Choice(
    "certificate_id",
    "default-certificate",
    gettext_lazy("Replace the default server certificate"),
    gettext_lazy("Replace"),
    gettext_lazy("The default server certificate is replaced."),
    services.change_default_certificate,
)
ADD_ADDITIONAL = Choice(
    "certificate_ids",
    "certificates-added",
    gettext_lazy("Add additional certificates"),
    gettext_lazy("Add"),
    gettext_lazy("The additional certificates are added."),
    services.add_additional_certificates,
)
CHANGE_CA = Choice(
    "ca_certificate_id",
    "ca-certificate",
    gettext_lazy("Change the CA certificate"),
    gettext_lazy("Change"),
    gettext_lazy("The CA certificate is changed."),
    services.change_ca_certificate,
)
ENABLE_MUTUAL = Choice(
    "ca_certificate_id",
    "mutual-authentication",
    gettext_lazy("Enable mutual authentication"),
    gettext_lazy("Enable"),
    gettext_lazy("Mutual authentication is on."),
    partial(services.set_mutual_authentication, enabled=True),
    ("mode",),
)


@require_safe
def listener_certificates(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Show the default and the additional server certificates."""
    listener = selectors.listener_by_id(listener_id)
    bindings = selectors.bindings_of(listener)
    context = frame(listener, "server") | {
        "default": [b for b in bindings if b.role == Binding.Role.DEFAULT],
        "additional": [b for b in bindings if b.role == Binding.Role.ADDITIONAL],
        **room_of(listener),
    }
    if context["is_encrypted"]:
        context |= _asked(listener, request.GET)
    return render(request, "listeners/certificates/server.html", context)


def room_of(listener: Listener) -> dict[str, int]:
    """Return how many additional certificates there are, may be, and may be added at once."""
    per_listener = features_of(listener.load_balancer).domain_extensions
    used = (
        listener.additional_count  # type: ignore[attr-defined]  # listener_by_id counts it
        if per_listener
        else selectors.additional_certificate_count(listener.load_balancer_id)
    )
    return limits.certificate_room(used, listener.load_balancer)


def _asked(listener: Listener, query: QueryDict) -> dict[str, Any]:
    """Return which certificate a client gets, when somebody wants to know."""
    client = Client(
        query.get("server_name", "").strip(),
        can_ecdsa=query.get("ecdsa", "yes") != "no",
        version=query.get("tls_version", VERSIONS[-1]),
    )
    context = {"client": client, "versions": VERSIONS[::-1]}
    if "server_name" not in query:
        return context
    try:
        return context | {"match": selectors.certificate_for(listener, client)}
    except DomainError as error:
        return context | {"match_error": error}


@require_safe
def listener_ca(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Show whether clients must authenticate, and by which CA certificate."""
    listener = selectors.listener_by_id(listener_id)
    bindings = selectors.bindings_of(listener)
    context = frame(listener, "ca") | {
        "ca": [b for b in bindings if b.role == Binding.Role.CA],
        "summary": selectors.client_summary(listener) if listener.mutual_authentication else None,
    }
    return render(request, "listeners/certificates/ca.html", context)


@require_http_methods(METHODS)
def certificate_choice(request: HttpRequest, listener_id: str, choice: Choice) -> HttpResponse:
    """Ask for one or several certificates, and put them on the listener."""
    return _choose(request, selectors.listener_by_id(listener_id), choice)


@require_http_methods(METHODS)
def mutual_authentication_switch(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Switch mutual authentication: on asks for the CA certificate, off asks for confirmation."""
    listener = selectors.listener_by_id(listener_id)
    if not listener.mutual_authentication:
        return _choose(request, listener, ENABLE_MUTUAL)
    context = frame(listener, "ca") | {"impact": impact_of("mutual-authentication")}
    if request.method == "POST":
        opened = opened_from(request) or context["opened"]
        try:
            services.set_mutual_authentication(
                actor_of(request), listener.pk, enabled=False, expected_revision=opened.revision
            )
        except DomainError as error:
            return render(
                request, "listeners/certificates/disable.html", context | {"error": error}, status=error.status
            )
        messages.success(request, _("Mutual authentication is off."))
        return redirect("listener-ca", listener_id=listener.pk)
    return render(request, "listeners/certificates/disable.html", context)


def _choose(request: HttpRequest, listener: Listener, choice: Choice) -> HttpResponse:
    """Show a choice with its search; save it when the answer was sent."""
    data = request.POST if request.method == "POST" else request.GET
    # A certificate made from here comes back as ?imported=.
    chosen = [*data.getlist(choice.field), *choosable(choice.field, request.GET.getlist("imported"))]
    if not SOURCES[choice.field].several:
        chosen = chosen[-1:]
    error: DomainError | None = None
    go = request.POST.get("go")
    if go == f"create:{choice.field}":
        back = with_query(request.path, **{choice.field: chosen})
        return redirect(making_url(choice.field, back, request.POST, scope=scope_of(listener)))
    if request.method == "POST" and go != "search":
        opened = opened_from(request) or Opened(listener.revision, {})
        try:
            answer = choice.answer(chosen) | {name: data[name] for name in choice.extra if data.get(name)}
            choice.save(actor_of(request), listener.pk, expected_revision=opened.revision, **answer)
        except DomainError as refused:
            error = refused
            listener.refresh_from_db()
        else:
            messages.success(request, str(choice.done))
            return redirect(choice.back, listener_id=listener.pk)
    context = frame(listener, choice.tab) | {
        "choice": choice,
        "extra": {name: data.get(name, "") for name in choice.extra},
        "error": error,
        "impact": impact_of(choice.change),
        "picker": _picker(listener, choice, chosen, data),
        **(room_of(listener) if choice is ADD_ADDITIONAL else {}),
    }
    return render(request, "listeners/certificates/choose.html", context, status=error.status if error else 200)


def _picker(listener: Listener, choice: Choice, chosen: list[str], data: QueryDict) -> Picker:
    return picker(
        choice.field,
        chosen,
        data.get(search_name(choice.field), ""),
        listener_id=listener.pk,
        ca_source=data.get("ca_source", ""),
        ca_repository_id=data.get("ca_repository_id", ""),
        balancer=listener.load_balancer,
    )


@require_http_methods(METHODS)
def additional_remove(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Take additional certificates off the listener, after saying what that does."""
    listener = selectors.listener_by_id(listener_id)
    data = request.POST if request.method == "POST" else request.GET
    ids = data.getlist("certificate_ids")
    error: DomainError | None = None
    if request.method == "POST":
        opened = opened_from(request) or Opened(listener.revision, {})
        try:
            services.remove_additional_certificates(
                actor_of(request), listener.pk, certificate_ids=ids, expected_revision=opened.revision
            )
        except DomainError as refused:
            error = refused
            listener.refresh_from_db()
        else:
            messages.success(request, _("The additional certificates are removed; the repository keeps them."))
            return redirect("listener-certificates", listener_id=listener.pk)
    bindings = [b for b in selectors.bindings_of(listener) if b.certificate_id in ids]
    context = frame(listener, "server") | {
        "bindings": [b for b in bindings if b.role == Binding.Role.ADDITIONAL],
        "error": error,
        "impact": impact_of("certificates-removed"),
    }
    return render(request, "listeners/certificates/remove.html", context, status=error.status if error else 200)


@require_http_methods(METHODS)
def binding_roll_back(request: HttpRequest, listener_id: str, binding_id: int) -> HttpResponse:
    """Put the previous certificate back in its slot, or the previous version behind its certificate, in one click."""
    listener = selectors.listener_by_id(listener_id)
    binding = listener.bindings.select_related("certificate").filter(pk=binding_id).first()
    if binding is None:
        raise NotFoundError(_("That certificate is no longer on this listener."), "binding.not-found")
    tab = TAB_URLS["ca" if binding.role == Binding.Role.CA else "server"]
    if request.method != "POST":  # a link that somebody kept: to where the button is
        return redirect(tab, listener_id=listener.pk)
    opened = opened_from(request)
    if request.POST.get("to") == "version":
        roll_back_certificate(actor_of(request), binding.certificate_id, expected_revision=None)
        messages.success(request, _("“%(name)s” is back at its previous version.") % {"name": binding.certificate})
    else:
        services.roll_back_binding(actor_of(request), binding.pk, expected_revision=opened.revision if opened else None)
        messages.success(request, _("The previous certificate is back in use."))
    return redirect(tab, listener_id=listener.pk)
