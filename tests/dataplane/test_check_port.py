"""Whether a port can be listened on: TCP and UDP have ports of their own."""

import os
import socket
from collections.abc import Iterator

import pytest

from dataplane.engine.ports import PortCheck

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@pytest.fixture(params=KINDS)
def held(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """A port that this process listens on, with its transport."""
    with socket.socket(socket.AF_INET, KINDS[request.param]) as holder:
        holder.bind(("127.0.0.1", 0))
        if request.param == "tcp":
            holder.listen()
        yield request.param, holder.getsockname()[1]


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_held_port_is_told_with_its_holder(held: tuple[str, int], address: str) -> None:
    transport, port = held
    problem = PortCheck(frozenset()).problem(address, port, transport)
    assert problem
    code, parameters = problem
    assert code == "listener.port-held"
    assert parameters["place"] == f"{transport.upper()} {address}:{port}"
    assert f"(process {os.getpid()})" in str(parameters["holders"])


def test_same_number_of_the_other_transport_is_free(held: tuple[str, int]) -> None:
    transport, port = held
    other = next(kind for kind in KINDS if kind != transport)
    assert PortCheck(frozenset()).problem("127.0.0.1", port, other) is None


def test_port_of_our_own_engine_is_no_problem(held: tuple[str, int]) -> None:
    transport, port = held
    assert PortCheck(frozenset({os.getpid()})).problem("127.0.0.1", port, transport) is None


def test_another_address_is_free(held: tuple[str, int]) -> None:
    transport, port = held
    assert PortCheck(frozenset()).problem("127.0.0.2", port, transport) is None


def test_port_that_our_own_engine_sends_from_is_held() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(server.getsockname())
            problem = PortCheck(frozenset({os.getpid()})).problem("127.0.0.1", client.getsockname()[1], "udp")
    assert problem
    assert problem[0] == "listener.port-held"
