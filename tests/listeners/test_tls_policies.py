"""The table of TLS security policies against what the engine really negotiates, one cipher suite at a time."""

import os
import socket
import struct
from collections.abc import Iterator, Mapping

import pytest

from listeners.cipher_suites import CIPHERS_OF_VERSION, NUMBERS, VERSIONS, versions_of
from listeners.tls_policies import (
    DEFAULT_POLICY,
    POLICIES,
    WIZARD_POLICY,
    TlsPolicy,
    default_policy,
    recommended_policy,
    system_policies,
)
from tests.e2e.clients import connect, openssl
from tests.listeners.policy_engine import running_policies, system_lists

NUMBER_OF = {"TLSv1.0": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
LISTS = system_lists()
# One that the engine offers more than is asked for, and one of the oldest versions alone.
CUSTOM = {
    "few": TlsPolicy("few", ("TLSv1.2", "TLSv1.3"), ("TLS_AES_128_GCM_SHA256", "ECDHE-RSA-CHACHA20-POLY1305")),
    "old": TlsPolicy("old", ("TLSv1.0", "TLSv1.1"), ("AES128-SHA", "DES-CBC3-SHA")),
}
EVERY = {**LISTS, **CUSTOM}


def test_the_system_policies_ask_for_the_documented_versions_and_suites() -> None:
    assert {key: (policy.versions, len(policy.ciphers)) for key, policy in LISTS.items()} == {
        "tls_cipher_policy_1_0": (("TLSv1.0", "TLSv1.1", "TLSv1.2"), 19),
        "tls_cipher_policy_1_0-clb": (("TLSv1.0", "TLSv1.1", "TLSv1.2"), 13),
        "tls_cipher_policy_1_1": (("TLSv1.1", "TLSv1.2"), 19),
        "tls_cipher_policy_1_1-clb": (("TLSv1.1", "TLSv1.2"), 13),
        "tls_cipher_policy_1_2": (("TLSv1.2",), 19),
        "tls_cipher_policy_1_2-clb": (("TLSv1.2",), 13),
        "tls_cipher_policy_1_2_strict": (("TLSv1.2",), 12),
        "tls_cipher_policy_1_2_strict-clb": (("TLSv1.2",), 6),
        "tls_cipher_policy_1_2_strict_with_1_3": (("TLSv1.2", "TLSv1.3"), 17),
        "tls_cipher_policy_1_0_to_1_3": (VERSIONS, 9),
    }
    assert DEFAULT_POLICY == "tls_cipher_policy_1_0"
    assert WIZARD_POLICY == "tls_cipher_policy_1_2_strict_with_1_3"


def test_every_suite_is_offered_or_refused() -> None:
    for policy in EVERY.values():
        assert sorted(policy.offered_ciphers + policy.refused_ciphers) == sorted(policy.ciphers)
        assert set(policy.ciphers) <= set(NUMBERS)
        assert all(set(versions_of(cipher)) & set(policy.versions) for cipher in policy.ciphers)


def test_obsolete_versions_are_named_where_a_suite_goes_with_them() -> None:
    assert POLICIES["tls_cipher_policy_1_1"].weak_versions == ("TLSv1.1",)
    assert POLICIES["tls_cipher_policy_1_2"].weak_versions == ()
    assert LISTS["tls_cipher_policy_1_0_to_1_3"].weak_versions == ()


def test_editions_have_their_own_policies() -> None:
    assert list(system_policies("ALB", "Extended")) == ["tls_cipher_policy_1_0_to_1_3"]
    assert system_policies("ALB", "Basic") == POLICIES
    assert default_policy("ALB", "Extended") == recommended_policy("ALB", "Extended") == "tls_cipher_policy_1_0_to_1_3"
    assert (default_policy("CLB"), recommended_policy("CLB")) == (DEFAULT_POLICY, WIZARD_POLICY)


def _extension(number: int, content: bytes) -> bytes:
    return struct.pack(">HH", number, len(content)) + content


def _listed(content: bytes) -> bytes:
    return struct.pack(">H", len(content)) + content


def client_hello(version: str, suite: int) -> bytes:
    """Return a ClientHello (RFC 5246, RFC 8446) that offers one version and one suite."""
    number = NUMBER_OF[version]
    extensions = (
        _extension(10, _listed(struct.pack(">HH", 0x001D, 0x0017)))  # x25519, P-256
        + _extension(11, b"\x01\x00")
        + _extension(13, _listed(struct.pack(">6H", 0x0403, 0x0804, 0x0401, 0x0503, 0x0201, 0x0203)))
    )
    if version == "TLSv1.3":
        share = struct.pack(">HH", 0x001D, 32) + b"\x09" + bytes(31)
        extensions += _extension(43, b"\x02" + struct.pack(">H", number)) + _extension(51, _listed(share))
    body = struct.pack(">H", min(number, 0x0303)) + os.urandom(32) + b"\x00"
    body += _listed(struct.pack(">H", suite)) + b"\x01\x00" + _listed(extensions)
    message = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + _listed(message)


def negotiated(port: int, version: str, suite: int) -> int | None:
    """Return the suite of the server's hello, None when it answers with an alert, another version, or closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(client_hello(version, suite))
        stream = connection.makefile("rb")
        answer = stream.read(5 + 4 + 2 + 32 + 1)  # record, message, version, random, length of the session id
        if len(answer) < 44 or answer[0] != 0x16:
            return None
        if int.from_bytes(answer[9:11], "big") != min(NUMBER_OF[version], 0x0303):
            return None
        rest = stream.read(answer[43] + 2)
        return int.from_bytes(rest[-2:], "big")


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, int]]:
    """Run the real engine with one listener for each policy; yield their ports."""
    with running_policies(tmp_path_factory.mktemp("engine"), EVERY) as by_policy:
        yield by_policy


@pytest.mark.parametrize("key", EVERY)
def test_the_engine_negotiates_exactly_the_offered_suites(ports: Mapping[str, int], key: str) -> None:
    policy = EVERY[key]
    for name, suite in NUMBERS.items():
        version = next((each for each in reversed(versions_of(name)) if each in policy.versions), "TLSv1.2")
        answer = negotiated(ports[key], version, suite)
        assert answer == (suite if name in policy.served_ciphers else None), (name, version)


@pytest.mark.parametrize("key", EVERY)
def test_the_engine_accepts_exactly_the_policys_versions(ports: Mapping[str, int], key: str) -> None:
    policy = EVERY[key]
    for version in VERSIONS:
        suites = [suite for suite in CIPHERS_OF_VERSION[version] if suite in policy.served_ciphers]
        suite = NUMBERS[suites[0] if suites else CIPHERS_OF_VERSION[version][0]]
        answer = negotiated(ports[key], version, suite)
        assert (answer is not None) == (version in policy.offered_versions), version


@pytest.mark.parametrize("key", ["tls_cipher_policy_1_0", "tls_cipher_policy_1_2_strict_with_1_3", "few"])
def test_openssl_and_the_ssl_module_agree_on_the_best_that_there_is(ports: Mapping[str, int], key: str) -> None:
    with connect(ports[key]) as connection:
        name, version, _bits = connection.cipher() or ("", "", 0)
    assert version == EVERY[key].offered_versions[-1]
    assert name in EVERY[key].served_ciphers
    said = openssl(ports[key], "-tls1_2")
    assert f"Cipher is {next(each for each in EVERY[key].offered_tls12_ciphers)}" in said
