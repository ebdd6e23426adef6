"""Clients of HTTP/2, frame by frame: what they are offered, and what becomes of nonsense."""

import ssl
from collections.abc import Iterator

import pytest
from h2.connection import H2Connection
from h2.events import RemoteSettingsChanged
from h2.settings import SettingCodes

from dataplane.snapshot import DEFAULT, Listener
from tests.certs import make_leaf
from tests.dataplane.backends import http_backend
from tests.dataplane.envoy import client_context, connect
from tests.dataplane.http_client import ask
from tests.dataplane.site import Bound, Site

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@pytest.fixture(scope="module")
def secure(site: Site) -> Iterator[Listener]:
    with http_backend() as backend:
        yield site.add(backend.port, protocol="HTTPS", bound=[Bound(make_leaf(), DEFAULT)])


def h2_connect(port: int) -> ssl.SSLSocket:
    context = client_context()
    context.set_alpn_protocols(["h2"])
    return connect(port, None, context)


def test_websocket_is_not_offered_over_http_2_so_that_browsers_use_http_1_1(secure: Listener) -> None:
    session = H2Connection()
    session.initiate_connection()
    with h2_connect(secure.port) as client:
        client.sendall(session.data_to_send())
        settings: RemoteSettingsChanged | None = None
        while settings is None:
            events = session.receive_data(client.recv(65536))
            settings = next((event for event in events if isinstance(event, RemoteSettingsChanged)), None)
    assert settings.changed_settings[SettingCodes.MAX_CONCURRENT_STREAMS].new_value == 100
    assert not session.remote_settings.enable_connect_protocol


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(b"\xff" * 100, id="no frame"),
        pytest.param(b"\x00\x00\x01\x01\x05\x00\x00\x00\x01\xff", id="headers that no table has"),
        pytest.param(b"\x00\x00\x04\x00\x01\x00\x00\x00\x01data", id="data of a stream that is not open"),
        pytest.param(b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00", id="a window that grows by nothing"),
        pytest.param(b"\x00\x40\x01\x06\x00\x00\x00\x00\x00" + b"x" * 16_385, id="a ping that is too long"),
        pytest.param(b"\x00\x00\x08\x07\x00\x00\x00\x00\x02" + b"\x00" * 8, id="a goodbye on a stream"),
    ],
)
def test_nonsense_ends_its_connection_and_no_other(secure: Listener, nonsense: bytes) -> None:
    with h2_connect(secure.port) as client:
        client.sendall(PREFACE + SETTINGS + nonsense)
        assert ended(client)
    assert ask(secure.port, "/echo", tls=True).status == 200


def ended(client: ssl.SSLSocket) -> bool:
    """Read until the other side ends the connection."""
    try:
        while client.recv(65536):
            continue
    except ConnectionError:
        return True
    return True
