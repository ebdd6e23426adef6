"""Where requests of the installation may go, and that they go where was checked."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.outbound import RefusedAddressError, addresses_within, ask, opened_client, run_to_end
from console.routable import OWN_SERVERS, PUBLIC, Reach, is_globally_routable
from tests.alerts.servers import http_receiver, status

LOOPBACK = Reach((ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")))
REFUSED = (
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "169.254.169.254",
    "172.31.255.255",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.parametrize("text", REFUSED)
def test_special_address_is_not_of_the_public_internet(text: str) -> None:
    assert not is_globally_routable(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00::1"])
def test_public_address_is_within_reach(text: str) -> None:
    assert PUBLIC.holds(ipaddress.ip_address(text))


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_or_multicast_is_public(address: Any) -> None:
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local:
        assert not is_globally_routable(address)


@pytest.mark.parametrize("text", ["10.0.0.1", "127.0.0.1", "192.168.1.1", "fc00::1"])
def test_own_servers_may_be_private(text: str) -> None:
    assert OWN_SERVERS.holds(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["169.254.169.254", "100.100.100.200", "fe80::1", "224.0.0.1", "::ffff:10.0.0.1"])
def test_neighbours_and_metadata_are_nobodys_own_servers(text: str) -> None:
    assert not OWN_SERVERS.holds(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "::ffff:7f00:1", "localhost", "127.0.0.1"]
)
def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(RefusedAddressError) as refused:
        run_to_end(addresses_within(PUBLIC, host, 80))
    assert "Allowed ranges" in refused.value.way_out


def test_allowed_range_lets_through_what_lies_in_it_alone() -> None:
    assert run_to_end(addresses_within(LOOPBACK, "127.0.0.1", 80))
    with pytest.raises(RefusedAddressError):
        run_to_end(addresses_within(LOOPBACK, "10.0.0.1", 80))


@contextmanager
def _names(monkeypatch: pytest.MonkeyPatch, *answers: str) -> Iterator[list[str]]:
    """Have the resolver give one answer after the other for any name, and keep what was asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **options: Any) -> Any:
        if options.get("flags") or not str(host).endswith(".test"):
            return real(host, port, *args, **options)
        asked.append(host)
        address = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        yield asked


def test_name_is_resolved_once_and_kept_in_the_host_header(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_receiver() as receiver, _names(monkeypatch, "127.0.0.1", "10.0.0.1") as asked:
        port = httpx.URL(receiver.url).port
        request = httpx.Request("POST", f"http://hooks.test:{port}/hook", content=b"x")
        reply = run_to_end(ask(request, LOOPBACK, seconds=5, most_bytes=100))
    assert (reply.status, asked) == (204, ["hooks.test"])
    assert receiver.requests[0].headers["host"] == f"hooks.test:{port}"


def test_name_that_leads_elsewhere_on_the_next_request_is_refused_then(monkeypatch: pytest.MonkeyPatch) -> None:
    async def twice(url: str) -> None:
        async with opened_client(LOOPBACK) as client:
            await client.post(url, content=b"x")
            await client.post(url, content=b"x")

    with (
        http_receiver() as receiver,
        _names(monkeypatch, "127.0.0.1", "192.168.7.7"),
        pytest.raises(RefusedAddressError, match=r"192\.168\.7\.7"),
    ):
        run_to_end(twice(receiver.url.replace("127.0.0.1", "hooks.test")))
    assert len(receiver.requests) == 1


def test_redirect_into_the_private_is_refused_when_it_is_followed() -> None:
    async def follow(url: str) -> None:
        async with opened_client(LOOPBACK) as client:
            answer = await client.get(url, headers={"content-length": "0"})
            assert answer.next_request is not None
            await client.send(answer.next_request)

    with http_receiver() as receiver:
        receiver.answer = status(302, Location="http://10.9.8.7/")
        with pytest.raises(RefusedAddressError, match=r"10\.9\.8\.7"):
            run_to_end(follow(receiver.url))


def test_answer_is_cut_to_what_was_asked_for() -> None:
    with http_receiver() as receiver:
        receiver.answer = status(200, b"x" * 100_000)
        request = httpx.Request("POST", receiver.url, content=b"")
        assert len(run_to_end(ask(request, LOOPBACK, seconds=5, most_bytes=10)).body) == 10


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://10.0.0.1:3128")
    with http_receiver() as receiver:
        request = httpx.Request("POST", receiver.url, content=b"")
        assert run_to_end(ask(request, LOOPBACK, seconds=5, most_bytes=10)).status == 204


def test_address_of_version_six_is_connected_to() -> None:
    async def exchange() -> int:
        server = await asyncio.start_server(_answer_once, "::1", 0)
        async with server, opened_client(LOOPBACK) as client:
            return (await client.get(f"http://[::1]:{server.sockets[0].getsockname()[1]}/")).status_code

    async def _answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        writer.close()

    assert run_to_end(exchange()) == 204
