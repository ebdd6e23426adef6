"""The theme: a cookie that the server reads, so that a page never flashes in the wrong one."""

from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

COOKIE = "lbadmin_theme"
COOKIE_AGE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Theme:
    """A choice of the theme menu."""

    name: str
    label: str | Promise
    icon: str


THEMES = (
    Theme("light", _("Light"), "sun"),
    Theme("dark", _("Dark"), "moon"),
    Theme("system", _("System"), "device-desktop"),
)


def theme_of(request: HttpRequest) -> Theme:
    """Return the theme that the browser asked for; the system's own when it never did."""
    wanted = request.COOKIES.get(COOKIE)
    return next((theme for theme in THEMES if theme.name == wanted), THEMES[-1])


def own_address(request: HttpRequest, address: str | None, default: str = "/") -> str:
    """Return ``address`` if it is a path of this console, else ``default``: nobody is sent to another host."""
    address = address or ""
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_path and url_has_allowed_host_and_scheme(address, allowed_hosts=None) else default


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in its cookie and go back."""
    if request.POST.get("theme") not in {theme.name for theme in THEMES}:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    answer = HttpResponseRedirect(own_address(request, request.POST.get("next")))
    answer.set_cookie(
        COOKIE,
        request.POST["theme"],
        max_age=COOKIE_AGE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return answer
