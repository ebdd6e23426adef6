"""Template tags and filters, loaded in every template.

Colours of pills: ``green`` well, ``yellow`` soon, ``orange`` sooner, ``red`` wrong, ``blue`` in progress, ``grey`` off.
"""

import datetime as dt
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template.defaultfilters import floatformat
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.durations import words
from console.icons import icon_svg

register = template.Library()

# The tightest window first; the words are those that operators expect on a badge.
EXPIRY_BADGES = (
    (dt.timedelta(0), "red", "Expired"),
    (dt.timedelta(days=1), "red", "1 d"),
    (dt.timedelta(days=7), "orange", "7 d"),
    (dt.timedelta(days=30), "yellow", "30 d"),
)


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Draw a Tabler icon: ``{% icon "plus" %}``."""
    return icon_svg(name, css_class)


@register.simple_tag
def pill(colour: str, word: Any, title: Any = "") -> SafeString:
    """Show a state as a dot and a word, never as a colour alone: ``{% pill "green" _("Running") %}``."""
    hint = format_html(' title="{}"', title) if title else ""
    return format_html(
        '<span class="pill pill-{}"{}><span class="pill-dot" aria-hidden="true"></span>{}</span>', colour, hint, word
    )


@register.simple_tag
def copy(value: Any, shown: Any = "") -> SafeString:
    """Show a value in monospace with a button that copies it (``shown``: what to show instead of all of it)."""
    return format_html(
        '<span class="copy"><code class="copy-value" title="{0}">{1}</code>'
        '<button type="button" class="copy-button" data-copy="{0}" aria-label="{2}" title="{2}">{3}{4}</button></span>',
        value,
        shown or value,
        _("Copy"),
        icon_svg("copy", "copy-idle"),
        icon_svg("check", "copy-done"),
    )


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC)


@register.filter
def timestamp(moment: dt.datetime | None) -> SafeString | str:
    """Show a time in UTC to the minute; the seconds and how long ago it was are on hover."""
    if moment is None:
        return "—"
    utc = _utc(moment)
    return format_html(
        '<time class="time" datetime="{}" title="{} · {}">{} <span class="time-zone">UTC</span></time>',
        utc.isoformat(),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        _relative(moment),
        utc.strftime("%Y-%m-%d %H:%M"),
    )


@register.filter
def ago(moment: dt.datetime | None) -> SafeString | str:
    """Show how long ago (or how far ahead) a time is; the time itself, in UTC, is on hover."""
    if moment is None:
        return "—"
    utc = _utc(moment)
    return format_html(
        '<time class="time" datetime="{}" title="{}">{}</time>',
        utc.isoformat(),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        _relative(moment),
    )


def _relative(moment: dt.datetime) -> str:
    left = moment - timezone.now()
    if left < dt.timedelta(0):
        return _("%(duration)s ago") % {"duration": words(left)}
    return _("in %(duration)s") % {"duration": words(left)}


@register.filter
def expiry_badge(not_after: dt.datetime | None) -> SafeString | str:
    """Show how near an end is, as a badge with words: Expired, 1 d, 7 d, 30 d or OK, then the time left."""
    if not_after is None:
        return "—"
    left = not_after - timezone.now()
    colour, word = next(((colour, word) for limit, colour, word in EXPIRY_BADGES if left <= limit), ("green", "OK"))
    return format_html(
        '<span class="expiry" title="{}">{} <span class="expiry-left">{}</span></span>',
        _utc(not_after).strftime("%Y-%m-%d %H:%M:%S UTC"),
        pill(colour, _badge_word(word)),
        _relative(not_after),
    )


def _badge_word(word: str) -> str:
    return {"Expired": _("Expired"), "1 d": _("1 d"), "7 d": _("7 d"), "30 d": _("30 d"), "OK": _("OK")}[word]


@register.filter
def fingerprint(value: str) -> str:
    """Show a hexadecimal fingerprint as pairs: ``AB:CD:…``."""
    return ":".join(value[i : i + 2] for i in range(0, len(value), 2)).upper()


@register.filter
def milliseconds(value: float | None) -> str:
    """Show a duration in milliseconds with one decimal."""
    return "—" if value is None else f"{floatformat(value, '1g')} ms"


@register.filter
def lookup(mapping: Any, key: Any) -> Any:
    """Return ``mapping[key]``, or None where there is none: for tables made beside their rows."""
    return mapping.get(key)


@register.simple_tag
def querystring_of(**parameters: Any) -> str:
    """Write a query of just these parameters: ``{% querystring_of tag=tag %}``."""
    return "?" + urlencode(parameters)


@register.inclusion_tag("console/field.html")
def field(bound: BoundField, label: str = "", help_text: str = "") -> dict[str, Any]:
    """Show a form field whole: label, widget, help and errors."""
    widget = bound.field.widget
    kind = "input"
    if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)):
        kind = "choices"
    elif isinstance(widget, CheckboxInput):
        kind = "checkbox"
    return {
        "field": bound,
        "kind": kind,
        "label": label or bound.label,
        "help": help_text or bound.help_text,
        "control": bound.as_widget(attrs=_control_attributes(bound)) if kind != "choices" else "",
    }


def _control_attributes(bound: BoundField) -> dict[str, str | bool]:
    css_class = str(bound.field.widget.attrs.get("class", ""))
    return {"class": f"{css_class} is-invalid".strip()} if bound.errors else {}


@register.inclusion_tag("console/empty_state.html")
def empty_state(
    title: str, text: str = "", url: str = "", action: str = "", icon: str = "info-circle"
) -> dict[str, str]:
    """Say that there is nothing yet, and offer the one thing to do about it."""
    return {"title": title, "text": text, "url": url, "action": action, "icon": icon}
