"""Session tickets: accepted by every engine that serves the listener, and by no other listener."""

import ssl
from pathlib import Path

import pytest

from tests.certs import make_leaf
from tests.dataplane.envoy import client_context, connect, running_engine, served
from tests.dataplane.node import running_node
from tests.dataplane.rows import make_listener
from tests.waiting import free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def is_resumed(context: ssl.SSLContext, port: int, session: ssl.SSLSession) -> bool:
    with connect(port, None, context, session=session) as connection:
        return bool(connection.session_reused)


def test_session_is_resumed_by_another_engine_and_refused_by_another_listener(directory: Path) -> None:
    issued, port, other = make_leaf("default.test"), free_port(), free_port()
    make_listener(issued, port=port)
    make_listener(make_leaf("other.test"), port=other)
    context = client_context(version=ssl.TLSVersion.TLSv1_2)
    with running_node(directory):
        with running_engine(directory):
            wait_until(lambda: served(port, None) and served(other, None))
            with connect(port, None, context) as connection:
                session = connection.session
            assert session is not None
            assert is_resumed(context, port, session)
            assert not is_resumed(context, other, session)
        with running_engine(directory):
            wait_until(lambda: served(port, None))
            assert is_resumed(context, port, session)
