"""TLS versions, as the listener's policy says."""

import ssl

import pytest

from listeners import services
from listeners.models import ObservedHandshake
from tests.e2e.clients import connect, context, echo, openssl, refusal
from tests.e2e.conftest import Backend
from tests.e2e.site import OPERATOR, Site, serve, status_of
from tests.waiting import wait_until

LEGACY = ("-cipher", "ALL:@SECLEVEL=0")
POLICIES = {
    "tls_cipher_policy_1_0": {"-tls1": True, "-tls1_1": True, "-tls1_2": True, "-tls1_3": False},
    "tls_cipher_policy_1_1": {"-tls1": False, "-tls1_1": True, "-tls1_2": True, "-tls1_3": False},
    "tls_cipher_policy_1_2": {"-tls1": False, "-tls1_1": False, "-tls1_2": True, "-tls1_3": False},
    "tls_cipher_policy_1_2_strict_with_1_3": {"-tls1": False, "-tls1_1": False, "-tls1_2": True, "-tls1_3": True},
}


@pytest.mark.parametrize("policy", POLICIES)
def test_only_the_versions_of_the_policy_are_accepted(site: Site, backend: Backend, policy: str) -> None:
    listener = serve(backend.port, security_policy=policy)
    expected = POLICIES[policy]
    accepted = {
        version: "Cipher is (NONE)" not in openssl(listener.port, version, *(LEGACY if version != "-tls1_3" else ()))
        for version in expected
    }
    assert accepted == expected
    refused = list(expected.values()).count(False)
    wait_until(lambda: (status := status_of(listener)) and status.failures.get("protocol-version", 0) == refused)


def test_client_that_speaks_no_tls_is_named_so(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    openssl(listener.port, "-tls1_2", "-cipher", "AES128-SHA", "-sigalgs", "RSA+SHA256")
    wait_until(lambda: (status := status_of(listener)) and "no-shared-cipher" in status.failures)


def test_an_edited_policy_reaches_its_listeners_and_their_clients_were_seen(site: Site, backend: Backend) -> None:
    policy = services.create_security_policy(
        OPERATOR,
        name="edited",
        versions=["TLSv1.2", "TLSv1.3"],
        ciphers=["TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"],
    )
    listener = serve(backend.port, security_policy=policy.pk)
    old = context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with connect(listener.port, made=old) as connection:
        assert connection.cipher() == ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLSv1.2", 256)
        assert echo(connection)
    seen = wait_until(lambda: list(ObservedHandshake.objects.filter(listener=listener)))
    assert [(row.version, row.cipher, row.connections, row.last_client) for row in seen] == [
        ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305", 1, "127.0.0.1")
    ]
    services.update_security_policy(OPERATOR, policy.pk, versions=["TLSv1.3"], ciphers=["TLS_AES_128_GCM_SHA256"])
    wait_until(lambda: _refuses(listener.port, old))
    assert refusal(listener.port) == ""


def _refuses(port: int, made: ssl.SSLContext) -> bool:
    try:
        with connect(port, made=made):
            return False
    except ssl.SSLError:
        return True
