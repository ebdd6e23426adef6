"""What can go wrong: a tree that follows the API's statuses, with the words of its problem+json."""

from collections.abc import Mapping
from typing import Any


class LbError(Exception):
    """Anything that went wrong."""


class UnreachableError(LbError):
    """No answer came, however often it was tried."""


class RefusedError(LbError):
    """lbadmin refused, and changed nothing; ``code`` is stable, ``way_out`` says what to do instead."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail", ""))
        self.field = str(problem.get("field", ""))
        self.way_out = str(problem.get("way_out", ""))
        self.errors: list[dict[str, str]] = list(problem.get("errors", []))
        where = f"{self.field}: " if self.field else ""
        super().__init__(f"{where}{self.detail} {self.way_out}".strip() or f"status {status}")


class NotFoundError(RefusedError):
    """There is no such object (404)."""


class ConflictError(RefusedError):
    """What exists stands against it (409)."""


class StaleError(RefusedError):
    """The object has changed since it was read (412)."""


_BY_STATUS: Mapping[int, type[RefusedError]] = {404: NotFoundError, 409: ConflictError, 412: StaleError}


def refusal(status: int, problem: Mapping[str, Any]) -> RefusedError:
    """Return the error for an answer."""
    return _BY_STATUS.get(status, RefusedError)(status, problem)
