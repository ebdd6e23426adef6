"""Ask a server for a revocation list: bounded in time and size, each redirect checked."""

import asyncio
import ssl
from dataclasses import dataclass
from http import HTTPStatus

import httpx
from django.utils.translation import gettext as _

from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES
from console.addresses import web_address
from console.errors import DomainError
from console.outbound import opened_client, run_to_end
from console.routable import OWN_SERVERS

# For everything together: names, connections, redirects, the list itself.
SECONDS_FOR_A_PERSON = 20
SECONDS_FOR_THE_CLOCK = 120
MOST_REDIRECTS = 3
LONGEST_ETAG, LONGEST_DATE = 300, 100


class FetchFailedError(DomainError):
    """Say that a server did not give the list."""

    status = HTTPStatus.BAD_GATEWAY


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server said of the list that is held: empty where it said nothing."""

    etag: str = ""
    last_modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The headers that ask for the list only if it is another one."""
        asked = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class Download:
    """A list as it came; ``data`` is None when the server says that it is still the same."""

    data: bytes | None
    seen: Seen


def list_address(text: str) -> str:
    """Return the address of a list; raise InvalidInputError that says what is wrong with it."""
    return web_address(
        text,
        field="url",
        code="crl.url",
        example="http://crl.example.com/clients.crl",
        secret_way_out=_("Leave it out: revocation lists are public."),
    )


def download(url: str, seen: Seen, *, seconds: float) -> Download:
    """Return what ``url`` answers; raise FetchFailedError, or InvalidInputError for a redirect to no address."""
    try:
        return run_to_end(_exchange(url, seen, seconds))
    except TimeoutError:
        reason = _("it did not give the whole list within %(seconds)d seconds") % {"seconds": seconds}
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError) as error:
        reason = str(error) or type(error).__name__
    raise _failed(url, reason)


async def _exchange(url: str, seen: Seen, seconds: float) -> Download:
    async with asyncio.timeout(seconds), opened_client(OWN_SERVERS) as client:
        for _hop in range(MOST_REDIRECTS + 1):
            answer = await _ask(client, url, seen)
            if isinstance(answer, Download):
                return answer
            url = list_address(answer)
    raise _failed(url, _("it redirects more than %(most)d times") % {"most": MOST_REDIRECTS})


async def _ask(client: httpx.AsyncClient, url: str, seen: Seen) -> Download | str:
    """Return the list, or where a redirect leads."""
    headers = {"user-agent": "lbadmin", "accept-encoding": "identity", **seen.headers}
    async with client.stream("GET", url, headers=headers) as response:
        if response.status_code == HTTPStatus.NOT_MODIFIED and seen.headers:
            return Download(None, seen)
        if response.has_redirect_location:
            return str(response.url.join(response.headers["location"]))
        if response.status_code != HTTPStatus.OK:
            raise _failed(url, _("it answers %(status)d") % {"status": response.status_code})
        return Download(await _body(url, response), _seen(response.headers))


async def _body(url: str, response: httpx.Response) -> bytes:
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) > LARGEST_LIST_BYTES:
            reason = _("it sends more than %(limit)s bytes, the most that a list may have")
            raise _failed(url, reason % {"limit": LARGEST_LIST_BYTES})
    return bytes(data)


def _seen(headers: httpx.Headers) -> Seen:
    """Keep what the next question gives back; what is too long to keep is forgotten."""
    etag, date = headers.get("etag", ""), headers.get("last-modified", "")
    return Seen(etag if len(etag) <= LONGEST_ETAG else "", date if len(date) <= LONGEST_DATE else "")


def _failed(url: str, reason: str) -> FetchFailedError:
    return FetchFailedError(
        _("The revocation list could not be fetched from %(url)s: %(reason)s.") % {"url": url[:200], "reason": reason},
        "crl.fetch-failed",
        field="url",
        way_out=_("Check the address and that this machine reaches it, or upload the list."),
    )
