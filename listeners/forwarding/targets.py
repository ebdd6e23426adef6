"""Where redirects and rewrites lead: texts with variables for what the request had, or its path's regex captured."""

import re

from django.utils.translation import gettext as _

from listeners.forwarding.checks import refuse

SAME_PROTOCOL, SAME_HOST, SAME_PORT, SAME_PATH, SAME_QUERY = "${protocol}", "${host}", "${port}", "${path}", "${query}"
CAPTURE = re.compile(r"\$\{([1-9])\}")
_HOST = re.compile(r"[A-Za-z0-9._-]{3,128}")
_PATH = re.compile(r"[A-Za-z0-9$\-_.+/&~@:'*%=!,;(){}]*")
_QUERY = re.compile(r"[A-Za-z0-9$\-_.+/&~@:'*%=!,;()?]{0,128}")
_LONGEST_PATH = 128


def captures_of(text: str) -> set[int]:
    """Return the numbers of the groups that ``text`` refers to, such as 1 for ``${1}``."""
    return {int(number) for number in CAPTURE.findall(text)}


def check_host(place: str, host: str) -> None:
    """Refuse what is neither a host nor the variable for the request's."""
    if host != SAME_HOST and not _HOST.fullmatch(host):
        raise refuse(
            place,
            _("The host cannot be “%(host)s”.") % {"host": host[:60]},
            "host-invalid",
            _("Use 3 to 128 letters, digits, dots, hyphens and underscores, or ${host} alone to keep the request's."),
        )


def check_path(place: str, path: str) -> None:
    """Refuse what is not a path, and variables that a path cannot have."""
    bare = CAPTURE.sub(
        "", path.replace(SAME_PATH, "/", 1) if path.startswith(SAME_PATH) else path.replace(SAME_PATH, "")
    )
    if not path or len(path) > _LONGEST_PATH or not bare.startswith("/") or not _PATH.fullmatch(bare) or "${" in bare:
        raise refuse(
            place,
            _("The path cannot be “%(path)s”.") % {"path": path[:60]},
            "path-invalid",
            _("Start with “/” or ${path}, use at most 128 characters, and of variables only ${path} and ${1} to ${9}."),
        )


def check_query(place: str, query: str) -> None:
    """Refuse what is neither a query nor the variable for the request's."""
    if query != SAME_QUERY and ("${" in query or not _QUERY.fullmatch(query)):
        raise refuse(
            place,
            _("The query cannot be “%(query)s”.") % {"query": query[:60]},
            "query-invalid",
            _(
                "Give the whole query without variables, at most 128 characters, or ${query} alone to keep"
                " the request's."
            ),
        )
