"""What a token may be used for: reading or writing, everywhere or in one area."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from django.utils.translation import gettext as _

from console.errors import ForbiddenError, InvalidInputError

READ, WRITE = "read", "write"
# The area of an operation, by the first part of its address below /api/v1.
AREAS: Mapping[str, str] = MappingProxyType(
    {
        part: area
        for area, parts in {
            "load-balancing": (
                "load-balancers",
                "listeners",
                "server-groups",
                "security-policies",
                "tls-policies",
                "regional-certificates",
                "ca-certificates",
                "quotas",
                "manifest",
                "manifests",
                "nodes",
            ),
            "certificates": ("certificates", "certificate-requests", "watched-addresses"),
            "authorities": ("authorities", "ca-repositories"),
            "renewals": ("renewals", "acme-accounts"),
            "alerts": (
                "acknowledgements",
                "alert-forecast",
                "alert-rules",
                "alerts",
                "allowed-ranges",
                "calendar",
                "calendar-feeds",
                "channels",
                "contact-groups",
                "contacts",
                "deliveries",
                "heartbeat",
                "notices",
                "scans",
            ),
            "system": ("changes", "counters", "search", "users", "tokens", "access-keys"),
        }.items()
        for part in parts
    }
)
AREA_NAMES = tuple(dict.fromkeys(AREAS.values()))
SCOPES = (READ, WRITE, *(f"{area}:{level}" for area in AREA_NAMES for level in (READ, WRITE)))
# A job asks for the scope of the request that it does: see access.jobs.rows.
OF_REQUESTS = "jobs"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# They are sent by POST for their bodies, and change nothing.
_QUESTIONS = ("/inspect", "/preview", "/plan", "/rules/trial")


def area_of(path: str) -> str:
    """Return the area of an address below ``/api/v1``; one that is in no area belongs to the system."""
    return AREAS.get(_part_of(path), "system")


def _part_of(path: str) -> str:
    return re.split("[/?]", path.removeprefix("/api/v1/"), maxsplit=1)[0]


def is_question(path: str) -> bool:
    """Tell whether a POST to an address changes nothing."""
    return path.endswith(_QUESTIONS)


def needed_scope(method: str, path: str) -> str:
    """Return the narrowest scope that a request needs."""
    is_reading = method in _SAFE or is_question(path)
    return f"{area_of(path)}:{READ if is_reading else WRITE}"


def covers(scopes: Collection[str], needed: str) -> bool:
    """Tell whether a token with ``scopes`` may do what needs ``needed``; none at all stands for everything."""
    if not scopes:
        return True
    area, _colon, level = needed.rpartition(":")
    levels = {WRITE} if level == WRITE else {READ, WRITE}
    return any(scope in levels or scope in {f"{area}:{each}" for each in levels} for scope in scopes)


def checked_scopes(scopes: Iterable[str]) -> list[str]:
    """Return scopes in their order, each once. Raises InvalidInputError for one that is none."""
    given = set(scopes)
    unknown = next(iter(sorted(given - set(SCOPES))), None)
    if unknown is not None:
        raise InvalidInputError(
            _("There is no scope “%(scope)s”.") % {"scope": unknown[:60]},
            "token.scope-unknown",
            field="scopes",
            way_out=_("Choose among %(scopes)s.") % {"scopes": ", ".join(SCOPES)},
        )
    return [scope for scope in SCOPES if scope in given]


def refuse_wider(own: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse to hand on more than one has: a token makes no token that may do more than itself."""
    needed = [scope if ":" in scope else f"{area}:{scope}" for scope in wanted or [WRITE] for area in AREA_NAMES]
    if own and not all(covers(own, scope) for scope in needed):
        raise ForbiddenError(
            _("This token cannot make one that may do more than itself: %(scopes)s.") % {"scopes": ", ".join(own)},
            "token.scope-wider",
            field="scopes",
            way_out=_("Ask for scopes within its own, or make the token on the Tokens page."),
        )


def refuse_out_of_scope(scopes: Collection[str], method: str, path: str) -> None:
    """Raise ForbiddenError unless a token with ``scopes`` may send this request."""
    if _part_of(path) == OF_REQUESTS:
        return
    needed = needed_scope(method, path)
    if not covers(scopes, needed):
        raise ForbiddenError(
            _("This token may do %(scopes)s; this request needs %(needed)s.")
            % {"scopes": ", ".join(scopes), "needed": needed},
            "token.out-of-scope",
            way_out=_("Use a token with the scope %(needed)s.") % {"needed": needed},
        )
