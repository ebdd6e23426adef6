"""Requests of this installation to addresses that people gave: bounded as a whole, and sent there and nowhere else.

The address that is connected to is the one that was checked: a name is resolved once for each request, also for each
redirect, so that a name which leads elsewhere a moment later leads nowhere. The name stays in Host and SNI.
"""

import asyncio
import functools
import ipaddress
import os
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from django.utils.translation import gettext as _

from console.errors import DomainError
from console.routable import Address, Reach

DEFAULT_PORTS = {"http": 80, "https": 443}
Result = TypeVar("Result")


class RefusedAddressError(DomainError):
    """Say that a host leads to addresses that requests must not go to."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side answered; ``body`` is cut to the size that was asked for."""

    status: int
    headers: httpx.Headers
    body: bytes


def opened_client(reach: Reach) -> httpx.AsyncClient:
    """Return a client that follows no redirect and knows no proxy; whoever uses it bounds the time of all together."""
    transport = CheckedTransport(reach)
    return httpx.AsyncClient(transport=transport, timeout=None, follow_redirects=False, trust_env=False)  # noqa: S113


class CheckedTransport(httpx.AsyncBaseTransport):
    """Resolve a request's host, and send the request to an address within reach or not at all."""

    def __init__(self, reach: Reach) -> None:
        """Remember what is within reach."""
        self._reach = reach
        self._inner = httpx.AsyncHTTPTransport(verify=_trust(_stores()), trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Try the addresses one after the other until one can be connected to."""
        host = request.url.raw_host.decode()
        port = request.url.port or DEFAULT_PORTS[request.url.scheme]
        failure: httpx.ConnectError | None = None
        for address in await addresses_within(self._reach, host, port):
            try:
                return await self._inner.handle_async_request(_addressed(request, host, address))
            except httpx.ConnectError as error:
                failure = error
        raise failure or httpx.ConnectError(_("%(host)s has no address.") % {"host": host})

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _addressed(request: httpx.Request, host: str, address: Address) -> httpx.Request:
    """Return the request as it goes to ``address``; the certificate is still checked against the name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,  # with the Host of the original address
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )


async def addresses_within(reach: Reach, host: str, port: int) -> list[Address]:
    """Return the addresses of ``host`` that are within reach.

    Every spelling that the system's resolver takes for an address counts as that address: 2130706433, 0x7f.1 and
    0177.0.0.1 are 127.0.0.1. Raises RefusedAddressError when none is left, OSError when the name cannot be resolved.
    """
    found = await _resolve(host, port)
    within = [address for address in found if reach.holds(address)]
    if found and not within:
        raise refusal(host, found[0], reach)
    return within


def refusal(host: str, address: object, reach: Reach) -> RefusedAddressError:
    """Return the error for a host that leads out of reach."""
    parts = {"host": host[:255], "address": address}
    if reach.own:
        message = _("%(host)s leads to %(address)s, where no server of yours can be.") % parts
        way_out = _("Give the address of another server.")
    else:
        message = _("%(host)s leads to %(address)s, which is no address of the public Internet.") % parts
        way_out = _("An administrator can allow its range under Alerts, Allowed ranges.")
    return RefusedAddressError(message, "outbound.refused-address", way_out=way_out)


async def _resolve(host: str, port: int) -> list[Address]:
    try:
        # An address needs no name server, and no thread that could hang in one.
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        loop = asyncio.get_running_loop()
        answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]


def _stores() -> tuple[int, ...]:
    """Return when the machine's authorities last changed."""
    paths = ssl.get_default_verify_paths()
    places = [place for place in (paths.cafile, paths.capath) if place]
    return tuple(os.stat(place).st_mtime_ns for place in places if os.path.exists(place))  # noqa: PTH110, PTH116


@functools.lru_cache(maxsize=1)
def _trust(stores: tuple[int, ...]) -> ssl.SSLContext:
    """Return whom requests trust; reading it takes longer than most requests, so it is kept while it is the same."""
    context = httpx.create_ssl_context()
    context.load_default_certs()  # a company's own authority is in the machine's store
    return context


async def ask(request: httpx.Request, reach: Reach, *, seconds: float, most_bytes: int) -> Reply:
    """Send one request and read at most ``most_bytes`` of the answer, all within ``seconds``; follow no redirect.

    Raises TimeoutError, RefusedAddressError, and httpx.HTTPError, httpx.InvalidURL or OSError when nobody answers.
    """
    async with asyncio.timeout(seconds), opened_client(reach) as client:
        response = await client.send(request, stream=True)
        try:
            body = b"".join([chunk async for chunk in _first(response, most_bytes)])[:most_bytes]
        finally:
            await response.aclose()
        return Reply(response.status_code, response.headers, body)


async def _first(response: httpx.Response, most_bytes: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.aiter_raw():
        yield chunk
        size += len(chunk)
        if size >= most_bytes:
            return


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
