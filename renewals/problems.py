"""Why an attempt failed: kept with the renewal, shown, and told."""

import datetime as dt

from console.errors import ConflictError, DomainError


class AttemptFailedError(ConflictError):
    """Say why an order did not go through; ``wait_until`` is what the other side asked for, None if nothing."""

    def __init__(
        self, message: str, code: str, *, field: str = "", way_out: str = "", wait_until: dt.datetime | None = None
    ) -> None:
        super().__init__(message, code, field=field, way_out=way_out)
        self.wait_until = wait_until


def as_stored(error: DomainError) -> dict[str, str]:
    """Return a problem as rows keep it."""
    return {"code": error.code, "message": error.message, "way_out": error.way_out}
