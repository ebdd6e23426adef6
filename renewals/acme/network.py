"""Requests to an ACME server, bounded in time and size, with the nonces that servers refuse tried again."""

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3
from acme import messages
from acme.client import ClientNetwork
from django.utils import timezone
from josepy.jwa import ES256
from josepy.jwk import JWK

from renewals.acme.addresses import is_spoken_to

CONNECT_SECONDS = 10
READ_SECONDS = 20
LARGEST_ANSWER_BYTES = 1_000_000
# Servers may refuse any nonce; Pebble refuses one in twenty on purpose.
NONCES_TRIED = 6
LONGEST_WAIT = dt.timedelta(days=7)
USER_AGENT = "lbadmin"


class _Session(requests.Session):
    """A session that speaks to no other addresses, follows none, and reads no more than an answer may have."""

    def __init__(self, before: Callable[[], None]) -> None:
        super().__init__()
        self.trust_env = False  # the machine's own proxies and password files are none of a server's business
        self._before = before

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send one request; whatever the library wishes, a redirection is not followed."""
        if not is_spoken_to(request.url or ""):
            raise requests.exceptions.InvalidURL(f"the server names {request.url!r}, which is not an https address")
        self._before()
        response = super().send(request, **{**options, "stream": True, "allow_redirects": False})
        response._content = _read(response)  # noqa: SLF001  # what .content would have read without bounds
        if response.is_redirect:
            place = response.headers["Location"][:200]
            raise requests.exceptions.TooManyRedirects(f"it leads on to {place}; give that address itself")
        return response


def _read(response: requests.Response) -> bytes:
    """Return the body; where that is refused half-way, no connection is left behind."""
    try:
        body = _bounded(response)
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ConnectionError(str(error)) from error
    else:
        response._content_consumed = True  # noqa: SLF001  # so the connection is kept
        return body
    finally:
        response.close()


def _bounded(response: requests.Response) -> bytes:
    deadline = time.monotonic() + READ_SECONDS
    body = bytearray()
    while part := response.raw.read1(65_536, decode_content=True):
        body += part
        if len(body) > LARGEST_ANSWER_BYTES:
            raise requests.exceptions.ContentDecodingError(f"an answer of more than {LARGEST_ANSWER_BYTES} bytes")
        if time.monotonic() > deadline:
            raise requests.exceptions.ReadTimeout(f"an answer that took longer than {READ_SECONDS} s")
    return bytes(body)


class Network(ClientNetwork):
    """The library's network with our bounds; ``wait_until`` is when the server last wished to be asked again."""

    def __init__(self, key: JWK, account_url: str, ca_file: str, before: Callable[[], None]) -> None:
        account = messages.RegistrationResource(uri=account_url, body=messages.Registration()) if account_url else None
        super().__init__(key, account=account, alg=ES256, user_agent=USER_AGENT)
        self.session.close()
        self.session = _Session(before)
        if ca_file:
            self.verify_ssl = ca_file  # type: ignore[assignment]  # requests takes a path as well
        self.account_key = key
        self.wait_until: dt.datetime | None = None

    def _send_request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", (CONNECT_SECONDS, READ_SECONDS))
        response = super()._send_request(method, url, *args, **kwargs)
        self.wait_until = moment_of(response.headers.get("Retry-After", ""), timezone.now())
        return response

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Post, with another nonce when the server does not like the one that it gave."""
        for _ in range(NONCES_TRIED - 1):
            try:
                return self._post_once(*args, **dict(kwargs))
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return self._post_once(*args, **kwargs)


def moment_of(retry_after: str, now: dt.datetime) -> dt.datetime | None:
    """Return the moment that a ``Retry-After`` header names (RFC 9110), a week ahead at most; None for no such."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return now + min(dt.timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return min(moment, now + LONGEST_WAIT)


@contextmanager
def opened_network(
    key: JWK, *, account_url: str = "", trusted_ca_pem: str = "", before: Callable[[], None] = lambda: None
) -> Iterator[Network]:
    """Yield a network for one conversation; ``before`` is called before each request."""
    with tempfile.NamedTemporaryFile("w", prefix="lbadmin-ca-", suffix=".pem") as ca_file:
        ca_file.write(trusted_ca_pem)
        ca_file.flush()
        network = Network(key, account_url, ca_file.name if trusted_ca_pem else "", before)
        try:
            yield network
        finally:
            network.session.close()
