"""Find out whether what was started really answers."""

import asyncio
import hashlib
import ssl
import time
from collections.abc import Awaitable, Callable

import redis

from lbadmin.quickstart.errors import StartError
from lbadmin.quickstart.results import Sample
from lbadmin.quickstart.terminal import say
from lbadmin.values import parse_bind

POLL_SECONDS = 0.1
ANSWER_SECONDS = 5.0
PATIENCE_SECONDS = 60.0
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to find what listens everywhere

Probe = Callable[[], Awaitable[str]]


async def wait_for(name: str, probe: Probe, patience: float) -> bool:
    """Repeat a probe until it finds no problem; say the last one and return False after ``patience`` seconds."""
    end = time.monotonic() + patience
    while problem := await _outcome(probe):
        if time.monotonic() > end:
            say(f"{name} is not ready after {patience:g} s: {problem}")
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True


async def _outcome(probe: Probe) -> str:
    try:
        return await asyncio.wait_for(probe(), ANSWER_SECONDS)
    except (OSError, TimeoutError, EOFError) as error:  # refused, reset, too slow, ended in the middle
        return str(error) or type(error).__name__


async def console_problem(bind: str, host_name: str) -> str:
    """Ask the console whether it is ready; return nothing when it is."""
    host, port = parse_bind(bind)
    reader, writer = await asyncio.open_connection(_WILDCARDS.get(host, host), port)
    answer = await _get(reader, writer, "/readyz", host_name)
    return "" if answer.startswith("HTTP/1.1 200 ") else answer.replace("\r\n", " ")


async def sample_problem(sample: Sample) -> str:
    """Shake hands with the sample listener and get its page; return nothing when all is as expected."""
    context = ssl.create_default_context()
    # The fingerprint is compared instead: an operator may have chosen another certificate.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", sample.listener_port, ssl=context)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    if hashlib.sha256(der).hexdigest() != sample.sha256:
        writer.close()
        return f"port {sample.listener_port} serves another certificate than the sample's."
    answer = await _get(reader, writer, "/", "localhost")
    return "" if answer.startswith("HTTP/1.1 200 ") else f"the backend does not answer yet: {answer[:200]}"


def require_redis(url: str) -> None:
    """Raise StartError when the Redis that the operator named does not answer."""
    if problem := redis_problem(url):
        raise StartError(f"REDIS_URL: no Redis answers there: {problem}")


def redis_problem(url: str) -> str:
    """Ask Redis whether it is there; return nothing when it is."""
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError as error:
        return str(error)
    finally:
        client.close()
    return ""


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, host: str) -> str:
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return (await reader.read(65_536)).decode(errors="replace")
    finally:
        writer.close()
