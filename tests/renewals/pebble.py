"""Debian's Pebble as a real ACME server, with pebble-challtestsrv as the DNS that it asks: every name is 127.0.0.1."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.certs import make_ca, make_leaf
from tests.waiting import free_port, wait_until

EAB = {"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}


@dataclass
class Pebble:
    """A running server: its directory, the CA of its own certificate, and where it looks for answers."""

    directory_url: str
    ca_pem: str
    http_port: int
    tls_port: int
    dns_management: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        """End the server as an outage would; its accounts are gone with it."""
        self.process.kill()
        self.process.wait(60)

    def dns(self, action: str, **fields: str) -> None:
        """Change what the DNS answers, such as ``dns("set-txt", host="_acme-challenge.a.test.", value="x")``."""
        httpx.post(f"{self.dns_management}/{action}", json=fields).raise_for_status()

    @property
    def output(self) -> str:
        """All that the server printed."""
        return self.log.read_text(errors="replace")


@contextmanager
def running_pebble(directory: Path, *, needs_binding: bool = False, **environment: str) -> Iterator[Pebble]:
    """Run a Pebble with fresh keys on free ports of loopback until the block ends."""
    ca = make_ca("Pebble Test CA")
    own = make_leaf("localhost", "127.0.0.1", issuer=ca)
    (directory / "cert.pem").write_bytes(own.chain_pem)
    (directory / "key.pem").write_bytes(own.key_pem)
    ports = _free_ports(6)
    acme, management, http, tls, dns, dns_management = ports
    config = {
        "listenAddress": f"127.0.0.1:{acme}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(directory / "cert.pem"),
        "privateKey": str(directory / "key.pem"),
        "httpPort": http,
        "tlsPort": tls,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": needs_binding,
        "externalAccountMACKeys": EAB,
    }
    (directory / "pebble.json").write_text(json.dumps({"pebble": config}))
    variables = {"PATH": os.defpath, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0", **environment}
    log = directory / "pebble.log"
    pebble = ["pebble", "-strict", "-config", str(directory / "pebble.json"), "-dnsserver", f"127.0.0.1:{dns}"]
    with log.open("wb") as output, _dns(dns, dns_management, output):
        process = subprocess.Popen(pebble, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        url = f"https://127.0.0.1:{acme}/dir"
        made = Pebble(url, ca.pem.decode(), http, tls, f"http://127.0.0.1:{dns_management}", log, process)
        try:
            wait_until(lambda: _answers(url) or process.poll() is not None)
            assert process.poll() is None, made.output
            yield made
        finally:
            made.stop()
            sys.stdout.write(made.output)


@contextmanager
def _dns(port: int, management: int, output: object) -> Iterator[None]:
    command = ["pebble-challtestsrv", "-dns01", f"127.0.0.1:{port}", "-management", f"127.0.0.1:{management}"]
    command += ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)  # type: ignore[call-overload]
    try:
        wait_until(lambda: _answers(f"http://127.0.0.1:{management}/") or process.poll() is not None)
        assert process.poll() is None, "the DNS server ended"
        yield
    finally:
        process.kill()
        process.wait(60)


def _answers(url: str) -> bool:
    try:
        httpx.get(url, verify=False)
    except httpx.HTTPError:
        return False
    return True


def _free_ports(count: int) -> list[int]:
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return list(ports)
