"""Tabler's outline icons, read from the files beside this one."""

import re
from functools import cache
from pathlib import Path

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

FOLDER = Path(__file__).parent
_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def _drawing(name: str) -> SafeString:
    """Return what is inside the icon's ``svg`` element; the files are ours, so it is safe."""
    found = _DRAWING.search((FOLDER / f"{name}.svg").read_text())
    if not found:
        raise ValueError(f"{name}.svg holds no drawing.")
    return mark_safe(re.sub(r"\s*\n\s*", "", found[1]))  # noqa: S308


@cache
def icon_svg(name: str, css_class: str = "") -> SafeString:
    """Return the icon as an inline ``svg`` that screen readers skip; raises FileNotFoundError for an unknown name."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" width="24" height="24" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">{}</svg>',
        css_class,
        _drawing(name),
    )
