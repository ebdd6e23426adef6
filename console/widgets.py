"""Draw form fields without templates: a form of twenty goes through two hundred of Django's small ones otherwise."""

from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

FOLDER = "django/forms/widgets/"
INPUTS = frozenset(
    f"{FOLDER}{kind}.html"
    for kind in (
        "checkbox", "checkbox_option", "date", "datetime", "email", "hidden", "input", "number", "password",
        "radio_option", "search", "tel", "text", "time", "url",
    )
)  # fmt: skip

Widget = Mapping[str, Any]


class WidgetRenderer(DjangoTemplates):
    """Draw inputs, text areas and selects as Django's templates do; the rest, by those."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> SafeString:
        """Return the HTML of a widget, or of a form."""
        widget: Widget = context.get("widget", {})
        if template_name in INPUTS and not widget.get("wrap_label"):
            return mark_safe(_input(widget))  # noqa: S308 - every value is escaped
        if template_name == f"{FOLDER}textarea.html":
            return mark_safe(_textarea(widget))  # noqa: S308
        if template_name == f"{FOLDER}select.html":
            return mark_safe(_select(widget))  # noqa: S308
        return mark_safe(super().render(template_name, context, request))  # noqa: S308


def _attributes(widget: Widget) -> str:
    """Return the attributes of an element, whose names are ours."""
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{conditional_escape(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{conditional_escape(widget["name"])}"{value}{_attributes(widget)}>'


def _textarea(widget: Widget) -> str:
    text = conditional_escape(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{conditional_escape(widget["name"])}"{_attributes(widget)}>\n{text}</textarea>'


def _select(widget: Widget) -> str:
    groups = "".join(_options(name, options) for name, options, _place in widget["optgroups"])
    return f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget)}>{groups}</select>'


def _options(group: str | None, options: list[Widget]) -> str:
    drawn = "".join(
        f'<option value="{conditional_escape(option["value"])}"{_attributes(option)}>'
        f"{conditional_escape(option['label'])}</option>"
        for option in options
    )
    return f'<optgroup label="{conditional_escape(group)}">{drawn}</optgroup>' if group else drawn
