"""Mail over STARTTLS, with a login."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from pytest_django import Settings

from alerts.models import Delivery
from alerts.services.resending import send_test
from events.actor import SYSTEM
from tests.alerts.rows import make_email
from tests.alerts.servers import Mailbox, smtp_server
from tests.certs import make_leaf

pytestmark = pytest.mark.django_db(transaction=True)
USER, PASSWORD = "lbadmin", "right horse"


def _knows(server: object, session: object, envelope: object, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(
        success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()),
        handled=False,  # the server answers
    )


@pytest.fixture
def server(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """Run a server that takes mail from those who log in over TLS alone, and trust its certificate."""
    leaf = make_leaf("127.0.0.1")
    (tmp_path / "pem").write_bytes(leaf.key_pem + leaf.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pem"))
    with smtp_server(tls_context=context, require_starttls=True, auth_required=True, authenticator=_knows) as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = running.host, running.port
        settings.EMAIL_USE_TLS = True
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, PASSWORD
        yield running


def test_mail_goes_out_over_starttls_after_a_login(server: Mailbox) -> None:
    delivery = send_test(SYSTEM, make_email().pk)
    assert (delivery.state, delivery.last_error) == (Delivery.State.SENT, "")
    assert len(server.mails) == 1
    assert PASSWORD not in delivery.attempt_log.get().request


def test_refused_login_is_told_and_worth_another_try(server: Mailbox, settings: Settings) -> None:
    settings.EMAIL_HOST_PASSWORD = "wrong horse"
    delivery = send_test(SYSTEM, make_email().pk)
    assert "535" in delivery.last_error
    assert "wrong horse" not in delivery.last_error + delivery.attempt_log.get().error
    assert server.mails == []


def test_certificate_that_nobody_vouches_for_gets_no_password(
    server: Mailbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other").write_bytes(make_leaf("other.test").pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other"))
    assert "CERTIFICATE_VERIFY_FAILED" in send_test(SYSTEM, make_email().pk).last_error


def test_server_that_wants_tls_takes_nothing_in_the_clear(server: Mailbox, settings: Settings) -> None:
    settings.EMAIL_USE_TLS = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    assert "530" in send_test(SYSTEM, make_email().pk).last_error
    assert server.mails == []
