"""Patterns of values: exact, with wildcards, or regular expressions; all become expressions of RE2, the engine's own.

``*`` stands for any characters, dots and slashes included, ``?`` for exactly one. A value that starts with ``~`` is a
regular expression, which may match anywhere unless it is anchored. RE2 knows no look-around and no references back, and
takes time in proportion to the text alone; what remains to bound is memory.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2
from django.utils.translation import gettext as _

from listeners.forwarding.checks import refuse, shortened

MOST_INSTRUCTIONS = 10_000  # of one regular expression
MOST_INSTRUCTIONS_IN_ALL = 100_000  # of a condition; the engine itself takes some 300,000
REGEX = "~"
_WILDCARDS = {"*": ".*", "?": "."}
# RE2 takes any ASCII character that is no letter, digit or underscore as itself after a backslash.
_ESCAPES = str.maketrans({mark: f"\\{mark}" for mark in map(chr, range(0x20, 0x7F)) if not re.match(r"\w", mark)})
_WILD_ESCAPES = _ESCAPES | str.maketrans(_WILDCARDS)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# What is escaped or within a class stays; what remains of "$" is the end of the text.
_END = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\$", re.DOTALL)
_KEPT = 4096  # compiled expressions


@dataclass(frozen=True, slots=True)
class Pattern:
    """One value of a condition."""

    text: str
    takes_regex: bool = True  # else a "~" at the start is only a "~"

    @property
    def is_regex(self) -> bool:
        """Whether it is a regular expression."""
        return self.takes_regex and self.text.startswith(REGEX)

    @property
    def has_wildcards(self) -> bool:
        """Whether it stands for more than one text, regular expressions apart."""
        return not self.is_regex and any(mark in self.text for mark in _WILDCARDS)

    @property
    def expression(self) -> str:
        """The expression that the whole text must match."""
        return f"(?s:.*?)(?:{self.text[1:]})(?s:.*)" if self.is_regex else self.text.translate(_WILD_ESCAPES)


def literal(text: str) -> str:
    """Return the expression of exactly ``text``."""
    return text.translate(_ESCAPES)


def one_of(expressions: "list[str]") -> str:
    """Return the expression that matches what any of ``expressions`` does."""
    return expressions[0] if len(expressions) == 1 else f"(?:{'|'.join(expressions)})"


def encoded(text: str, end: str) -> str:
    """Return the expression of a part of a query, plain or percent-encoded, with wildcards; ``end`` ends such parts."""
    parts = [_encoded_wildcard(character, end) or _encoded_literal(character, end) for character in text]
    return "".join(parts)


def within(text: str, end: str) -> str:
    """Return the expression of ``text`` with wildcards that do not reach over the characters ``end``."""
    wildcards = {"*": f"[^{end}]*", "?": f"[^{end}]"}
    return "".join(wildcards.get(character) or literal(character) for character in text)


def matches(expression: str, text: str) -> bool:
    """Tell whether the whole of ``text`` matches, as the engine would."""
    return compiled(expression).fullmatch(text) is not None


@lru_cache(maxsize=_KEPT)
def compiled(expression: str) -> Any:
    """Return the compiled expression. Raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(expression, options)


def check_regex(place: str, text: str) -> None:
    """Refuse a regular expression (without its ``~``) that the engine would refuse, or that takes too much memory."""
    try:
        compiled(text)  # alone first: brackets that the whole closes are not the value's own
        size = compiled(Pattern(REGEX + text).expression).programsize
    except re2.error as error:
        raise refuse(
            place,
            _("The regular expression “%(regex)s” cannot be used: %(reason)s.")
            % {"regex": shortened(text), "reason": _reason(error)},
            "regex-invalid",
            _("Use the syntax of RE2: no look-around, no references back, repetitions up to 1,000."),
        ) from None
    if size > MOST_INSTRUCTIONS:
        raise refuse(
            place,
            _("The regular expression “%(regex)s” compiles to %(size)s instructions; %(limit)s are allowed.")
            % {"regex": shortened(text), "size": f"{size:,}", "limit": f"{MOST_INSTRUCTIONS:,}"},
            "regex-too-large",
            _("Repeat less, or name fewer classes of characters."),
        )


def check_whole(place: str, expression: str) -> None:
    """Refuse values that are too many and too long for one expression."""
    try:
        size = compiled(expression).programsize
    except re2.error:
        size = MOST_INSTRUCTIONS_IN_ALL + 1
    if size > MOST_INSTRUCTIONS_IN_ALL:
        raise refuse(
            place,
            _("The values of the condition are too large together."),
            "condition-too-large",
            _("Divide them among several rules."),
        )


def before_port(regex: str) -> str:
    """Return a regular expression of hosts in which ``$`` is the end of the host, with or without a port after it."""
    return _END.sub(lambda found: r"(?:(?::[0-9]+)?\z)" if found[0] == "$" else found[0], regex)


def group_count(text: str) -> int:
    """Return how many groups a regular expression captures."""
    return int(compiled(text).groups)


def includes(wide: Pattern, narrow: Pattern, *, ignore_case: bool = False) -> bool:
    """Tell whether every text that ``narrow`` matches is matched by ``wide``; False also where that is not known."""
    first, second = (wide.text.lower(), narrow.text.lower()) if ignore_case else (wide.text, narrow.text)
    if first == second:
        return wide.text == narrow.text or not narrow.is_regex
    if narrow.is_regex:
        return False
    if wide.is_regex:
        prefix = "(?i)" if ignore_case else ""
        return not narrow.has_wildcards and matches(prefix + wide.expression, narrow.text)
    return includes_wild(first, second)


def includes_wild(wide: str, narrow: str) -> bool:
    """Tell whether every text that ``narrow`` matches is matched by ``wide``; neither is a regular expression.

    ``narrow`` is matched by ``wide`` as a text in which only ``*`` takes a ``*``, and ``?`` or ``*`` takes a ``?``.
    """
    reached = {0}
    for mark in wide:
        if mark == "*":
            reached = set(range(min(reached), len(narrow) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(narrow) and _takes(mark, narrow[at])}
    return len(narrow) in reached


def _takes(mark: str, other: str) -> bool:
    return other != "*" if mark == "?" else mark == other


def _encoded_wildcard(character: str, end: str) -> str:
    if character == "*":
        return f"[^{end}]*"
    return f"(?:%[0-9A-Fa-f]{{2}}|[^{end}%])" if character == "?" else ""


def _encoded_literal(character: str, end: str) -> str:
    codes = "".join(f"%(?i:{byte:02X})" for byte in character.encode())
    if character == " ":
        return rf"(?:\+|{codes})"
    if character in _UNRESERVED:
        return f"(?:{literal(character)}|{codes})"
    return codes if character in f"&#+%{end}" else f"(?:{literal(character)}|{codes})"


def _reason(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return told.decode(errors="replace") if isinstance(told, bytes) else str(told)
