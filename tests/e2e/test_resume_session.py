"""Sessions are resumed: after the node was restarted, and after a replace."""

import ssl

from certificates.services import replace_certificate
from tests.certs import make_leaf
from tests.e2e.clients import connect, context, echo, served
from tests.e2e.conftest import Backend
from tests.e2e.site import OPERATOR, Site, serve
from tests.factories import store_certificate
from tests.waiting import wait_until

TLS_1_3 = "tls_cipher_policy_1_2_strict_with_1_3"


def test_session_is_resumed_after_a_restart_of_the_node_and_after_a_replace(site: Site, backend: Backend) -> None:
    certificate = store_certificate(make_leaf("a.test"))
    listener = serve(backend.port, certificate_id=certificate.pk, security_policy=TLS_1_3)
    made = context()
    session = _resume(made, listener.port, None, is_resumed=False)
    session = _resume(made, listener.port, session, is_resumed=True)
    site.kill_node()
    site.start()
    session = _resume(made, listener.port, session, is_resumed=True)
    version = make_leaf("a.test")
    replace_certificate(OPERATOR, certificate.pk, certificate_pem=version.chain_pem, private_key_pem=version.key_pem)
    wait_until(lambda: served(listener.port) == version.sha256)
    session = _resume(made, listener.port, None, is_resumed=False)
    _resume(made, listener.port, session, is_resumed=True)


def _resume(made: ssl.SSLContext, port: int, session: ssl.SSLSession | None, *, is_resumed: bool) -> ssl.SSLSession:
    """Connect with a session, and return the next one."""
    with connect(port, made=made, session=session) as connection:
        assert echo(connection)  # TLS 1.3 sends tickets after the handshake
        assert connection.session_reused == is_resumed
        assert connection.session
        return connection.session
