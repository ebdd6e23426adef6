"""Pages of signing in and out, and of the own password."""

import math
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model, login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from access.forms import OwnPasswordForm, SignInForm
from access.throttle import address_of, forgive_attempt, take_attempt
from console.themes import own_address


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in and go on to where the person wanted to go."""
    if request.user.is_authenticated:
        return redirect(_next_address(request))
    if request.method != "POST":
        return _sign_in_page(request, SignInForm(request))
    return _attempt(request)


def _attempt(request: HttpRequest) -> HttpResponse:
    username, address = request.POST.get("username", ""), address_of(request)
    form = SignInForm(request, data=request.POST)
    wait = take_attempt(username, address)
    if wait:
        return _blocked_page(request, math.ceil(wait.total_seconds() / 60))
    if not form.is_valid():
        return _sign_in_page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    forgive_attempt(username, address)
    is_first = form.get_user().last_login is None
    login(request, form.get_user())
    if is_first:
        messages.info(request, _("Welcome. You can choose your own password under “Change password”, top right."))
    return redirect(_next_address(request))


def _next_address(request: HttpRequest) -> str:
    return own_address(request, request.POST.get("next") or request.GET.get("next"))


def _blocked_page(request: HttpRequest, minutes: int) -> HttpResponse:
    message = ngettext(
        "Too many attempts failed. Wait %(n)d minute, then try again.",
        "Too many attempts failed. Wait %(n)d minutes, then try again.",
        minutes,
    ) % {"n": minutes}
    answer = _sign_in_page(request, SignInForm(request), HTTPStatus.TOO_MANY_REQUESTS, blocked=message)
    answer["Retry-After"] = str(minutes * 60)
    return answer


def _sign_in_page(
    request: HttpRequest, form: SignInForm, status: HTTPStatus = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    nobody_yet = not get_user_model().objects.filter(last_login__isnull=False).exists()
    context = {"form": form, "next": _next_address(request), "nobody_yet": nobody_yet, **more}
    return render(request, "access/sign_in.html", context, status=status)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    """Change the own password; other sessions of this user end."""
    form = OwnPasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, form.user)
        messages.success(request, _("Your password is changed. Your other sessions are signed out."))
        return redirect("dashboard")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "access/password_change.html", {"form": form}, status=status)
