"""Pages that are one form: what they say, how they are shown, and services whose refusals they show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from console.errors import DomainError, StaleError
from console.forms import add_domain_error

Done = TypeVar("Done")
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Crumb:
    """A page above this one."""

    label: Words
    url: str


@dataclass(frozen=True, slots=True)
class FormPage:
    """The words and addresses around a form; ``note`` says what happens, in red for what cannot be undone."""

    title: Words
    button: Words
    cancel_url: str
    crumbs: tuple[Crumb, ...] = ()
    note: Words = ""
    is_dangerous: bool = False
    template: str = "console/form_page.html"


def show_form(request: HttpRequest, form: forms.BaseForm, page: FormPage, **context: Any) -> HttpResponse:
    """Show the page; with 422 when the form was refused."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, page.template, {"form": form, "page": page, **context}, status=status)


def attempt(form: forms.BaseForm, service: Callable[[], Done], fields: Mapping[str, str] | None = None) -> Done | None:
    """Return what ``service`` did for a valid form; None with its refusal shown in the form.

    A StaleError goes on: the form shows what somebody else changed meanwhile.
    """
    if not form.is_valid():
        return None
    try:
        return service()
    except StaleError:
        raise
    except DomainError as error:
        add_domain_error(form, error, fields)
        return None
