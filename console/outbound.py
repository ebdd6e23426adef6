"""Requests of this installation to addresses that people gave: bounded as a whole, and sent there and nowhere else."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx

Result = TypeVar("Result")


def opened_client() -> httpx.AsyncClient:
    """Return a client that follows no redirect and knows no proxy; whoever uses it bounds the time of all together."""
    context = httpx.create_ssl_context()
    context.load_default_certs()  # a company's own authority is in the machine's store
    return httpx.AsyncClient(verify=context, timeout=None, follow_redirects=False, trust_env=False)  # noqa: S113


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end in a loop of its own.

    Unlike asyncio.run this does not wait for a name look-up that hangs in its thread after the time is over.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
