"""Errors with the cloud's codes. The codes are the cloud's, the words are ours."""

from http import HTTPStatus


class CloudError(Exception):
    """An answer that says no: ``code`` in the cloud's exact spelling, and the HTTP status that goes with it."""

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> CloudError:
    """Return the error of the gateway, before any product, for what it cannot read."""
    return CloudError("InvalidParameter", message)


def missing(name: str) -> CloudError:
    """Return the gateway's error for something that every request has."""
    return CloudError("MissingParameter", f"The request has no {name}, which every request needs.")
