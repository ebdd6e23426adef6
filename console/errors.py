"""The errors that a person is shown: one tree, mapped once for pages, once for REST."""

from collections.abc import Sequence
from http import HTTPStatus


class DomainError(Exception):
    """Say that a request cannot be done, and why, in words meant for the person who asked.

    ``code`` is stable and dotted (``listener.port-taken``); ``field`` names the input at fault, as forms and
    schemas spell it, or is empty when the whole request is; ``way_out`` says what to do instead. ``parts`` are the
    single refusals where there are several. ``about`` names what was reached, such as a quota.
    """

    status = HTTPStatus.BAD_REQUEST

    def __init__(
        self,
        message: str,
        code: str,
        *,
        field: str = "",
        way_out: str = "",
        parts: Sequence["DomainError"] = (),
        about: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field
        self.way_out = way_out
        self.parts = parts
        self.about = about

    def __str__(self) -> str:
        return f"{self.message} {self.way_out}".strip()


class InvalidInputError(DomainError):
    """Refuse a value that cannot be right."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class ForbiddenError(DomainError):
    """Refuse because of who asks."""

    status = HTTPStatus.FORBIDDEN


class NotFoundError(DomainError):
    """Say that no such object exists."""

    status = HTTPStatus.NOT_FOUND


class ConflictError(DomainError):
    """Refuse because of what exists already: a port taken, an object in use, a duplicate, a limit reached."""

    status = HTTPStatus.CONFLICT


class StaleError(ConflictError):
    """Refuse a save that was made from an older revision than the stored one."""

    status = HTTPStatus.PRECONDITION_FAILED
