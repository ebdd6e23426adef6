"""Messages in the operators' own words: templates with names that stand for what a message says, and nothing else.

A template is ``string.Template``: ``$name`` or ``${name}``, and ``$$`` for a dollar sign. No code runs, no attribute is
reached, and what is filled in is never read as a template again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from string import Template
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.models import Channel
from alerts.people.naming import is_harmless
from alerts.transports.contract import Message
from alerts.transports.email import one_line
from console.errors import InvalidInputError

LONGEST = {"subject_template": 200, "text_template": 4000}
LONGEST_SUBJECT, LONGEST_TEXT = 250, 20_000
MOST_NAMES = 10
# What a template may name, and what that stands for. Those of a text are no names for a subject.
NAMES = {
    "subject": gettext_lazy("the usual subject"),
    "text": gettext_lazy("the usual text, several lines"),
    "lines": gettext_lazy("each subject on a line of its own: its name, and its end or what is wrong"),
    "count": gettext_lazy("of how many subjects it tells"),
    "name": gettext_lazy("the name of the first, which ends soonest"),
    "names": gettext_lazy("the names of the first ten"),
    "ends": gettext_lazy("when the first ends (UTC); empty for a failure"),
    "kind": gettext_lazy("what kind of message it is, in words"),
    "event": gettext_lazy("the same for machines, such as certificate.expiring"),
    "channel": gettext_lazy("the name of this channel"),
    "url": gettext_lazy("the page that has all of it"),
    "answer_url": gettext_lazy("the link that acknowledges or snoozes; empty where there is nothing to answer"),
    "delivery_url": gettext_lazy("this message in the delivery log"),
}
OF_TEXTS = frozenset({"text", "lines"})
# Whoever has one of these has his own words.
FIELDS = ("subject_template", "text_template")


def checked_template(field: str, text: str) -> str:
    """Return a template as it is stored; raise InvalidInputError for a name that there is not, by name."""
    found = text.replace("\r\n", "\n").strip()
    is_text = field == "text_template"
    if len(found) > LONGEST[field] or not is_harmless(found.replace("\n", " ") if is_text else found):
        message = _(
            "At most %(most)d characters are possible here, without control characters or marks that turn text."
        )
        raise _invalid(field, message % {"most": LONGEST[field]}, _("Shorten it."))
    template = Template(found)
    if not template.is_valid():
        raise _invalid(field, _("A “$” in it begins no name."), _("Write $$ for a dollar sign."))
    _check_names(field, template.get_identifiers(), [name for name in NAMES if is_text or name not in OF_TEXTS])
    return found


def _check_names(field: str, used: Sequence[str], allowed: Sequence[str]) -> None:
    for name in used:
        if name not in allowed:
            message = _("“$%(name)s” is none of the names that stand for something here.") % {"name": name[:50]}
            way_out = _("Use some of: %(names)s.") % {"names": ", ".join(f"${each}" for each in allowed)}
            raise _invalid(field, message, way_out)


def _invalid(field: str, message: str, way_out: str) -> InvalidInputError:
    return InvalidInputError(message, f"channel.invalid-{field.replace('_', '-')}", field=field, way_out=way_out)


def in_own_words(message: Message, channel: Channel, context: Mapping[str, Any]) -> Message:
    """Return a message as the templates of its channel have it; ``context`` is that of the usual one."""
    if not any(getattr(channel, field) for field in FIELDS):
        return message
    values = _values(message, channel, context)
    lines = {name: one_line(value) for name, value in values.items()}
    subject = one_line(Template(channel.subject_template).safe_substitute(lines))[:LONGEST_SUBJECT] or message.subject
    if not channel.text_template:
        return replace(message, subject=subject, is_own=True)
    filled = Template(channel.text_template).safe_substitute({**lines, **{name: values[name] for name in OF_TEXTS}})
    text = filled[:LONGEST_TEXT].strip() + "\n"
    page = {**context, "subject": subject, "text": text}
    html = render_to_string("alerts/own/body.html", page) if message.html else ""
    return replace(message, subject=subject, text=text, html=html, is_own=True)


def _values(message: Message, channel: Channel, context: Mapping[str, Any]) -> dict[str, str]:
    subjects = message.subjects
    first = subjects[0] if subjects else {}
    return {
        "subject": message.subject,
        "text": message.text.strip(),
        "lines": "\n".join(f"* {_line(subject)}" for subject in subjects),
        "count": str(message.data.get("total", len(subjects))),
        "name": _name(first),
        "names": ", ".join(_name(subject) for subject in subjects[:MOST_NAMES]),
        "ends": _end(first),
        "kind": str(context["kind"]),
        "event": message.event,
        "channel": channel.name,
        "url": str(context["url"]),
        "answer_url": str(context["answer_url"]),
        "delivery_url": str(context["delivery_url"]),
    }


def _line(subject: Mapping[str, Any]) -> str:
    said = _end(subject) or str(subject.get("what") or subject.get("problem") or subject.get("how") or "")
    return one_line(f"{_name(subject)}: {said}" if said else _name(subject))


def _name(subject: Mapping[str, Any]) -> str:
    return str(subject.get("name") or subject.get("certificate") or "")


def _end(subject: Mapping[str, Any]) -> str:
    """Return an end as people write it; that of an event is in ISO 8601, in UTC."""
    found = subject.get("ends_at") or subject.get("not_after") or subject.get("next_update") or ""
    return str(found)[:16].replace("T", " ")
