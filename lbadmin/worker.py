"""gunicorn's worker, with nothing of a query in its log or its error pages: some clients send private keys there."""

import socket
from typing import Any

from gunicorn.http.errors import InvalidRequestLine
from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answer requests by threads, and tell of errors without what the request asked."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that was not understood, or that the application has not answered."""
        if isinstance(exc, InvalidRequestLine):
            exc = InvalidRequestLine("(not shown)")
        if getattr(req, "uri", None):
            req.uri = req.uri.partition("?")[0]
        super().handle_error(req, client, addr, exc)
