"""TLS versions, as the listener's policy says."""

import pytest

from tests.e2e.clients import openssl
from tests.e2e.conftest import Backend
from tests.e2e.site import Site, serve, status_of
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
