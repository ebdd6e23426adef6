"""What a notice is about, as tables show it."""

from dataclasses import dataclass

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from alerts.kinds import AUTHORITY, CERTIFICATE, CHAIN, KINDS, LIST, NODE
from alerts.rules.thresholds import words
from events.models import Notice

register = template.Library()


@dataclass(frozen=True, slots=True)
class Subject:
    """The words below a subject's name, and its page; empty for one that has none."""

    words: str
    url: str


@register.simple_tag
def subject_of(notice: Notice) -> Subject:
    """Return what a notice is about: ``{% subject_of notice as subject %}``."""
    return Subject(_words(notice), _url(notice))


@register.simple_tag
def threshold_of(notice: Notice) -> str:
    """Return when a notice is told, in words; a failure is told when it is found."""
    kind = KINDS.get(notice.subject_kind)
    has_end = kind is None or kind.has_thresholds or kind.name == LIST
    return words(notice.threshold_hours) if has_end else _("when it was found")


def _words(notice: Notice) -> str:
    version = _("version %(version)s") % {"version": notice.generation.partition(".")[0]}
    if notice.subject_kind in {CERTIFICATE, AUTHORITY}:
        return version
    if notice.subject_kind == CHAIN:
        return f"{version} · {_('a certificate of its chain')}"
    kind = KINDS.get(notice.subject_kind)
    return str(kind.noun) if kind else notice.subject_kind


def _url(notice: Notice) -> str:
    if notice.subject_kind == NODE:
        return reverse("node-list")
    kind = KINDS.get(notice.subject_kind)
    try:
        return reverse(kind.page, args=[notice.subject_id]) if kind else ""
    except NoReverseMatch:
        return ""
