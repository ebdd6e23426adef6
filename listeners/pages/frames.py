"""What every page of one listener shows around its own content: which tabs there are follows from the protocol."""

from collections.abc import Iterable
from typing import Any

from listeners.listener_forms import scope_of
from listeners.models import Listener
from listeners.pages.editing import Opened
from listeners.products import ENCRYPTED, HTTP_FAMILY


def frame(listener: Listener, tab: str) -> dict[str, Any]:
    """Return the context of a page of ``listener``, which belongs to the tab ``tab``."""
    scope = scope_of(listener)
    return {
        "listener": listener,
        "tab": tab,
        "opened": Opened(listener.revision, {}),
        "features": scope.features,
        "settings": scope.settings,
        "is_encrypted": listener.protocol in ENCRYPTED,
        "is_mutual_possible": scope.is_mutual_possible,
        "has_rules": listener.protocol in HTTP_FAMILY,
    }


def table(listeners: Iterable[Listener]) -> dict[str, Any]:
    """Return what a table of listeners needs beside them: no column that none of them has anything in."""
    return {"encrypted": ENCRYPTED, "has_certificates": any(each.protocol in ENCRYPTED for each in listeners)}
