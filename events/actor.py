"""Who makes a change, and through which interface."""

from dataclasses import dataclass
from typing import Literal

Interface = Literal["page", "rest", "cloud", "command", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or process behind a change, as the change feed keeps it."""

    name: str
    via: Interface
    user_id: int | None = None


SYSTEM = Actor(name="lbadmin", via="system")
COMMAND = Actor(name="command line", via="command")
