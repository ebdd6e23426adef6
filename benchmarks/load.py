"""The clients: the same load for every proxy, bounded in count and time.

All of them offer one TLS version, key exchange and suite (``client.cnf``): a proxy that agreed on another would do
other work.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import cpu_seconds
from benchmarks.proxies import OTHERS_CPU, Proxy

CLIENT = ("taskset", "-c", str(OTHERS_CPU))
OFFER = Path(__file__).with_name("client.cnf")


@dataclass(frozen=True, slots=True)
class Rate:
    """What a closed loop reached, and the proxy's CPU for it."""

    per_second: float
    cpu_microseconds_each: float
    bytes_per_second: float
    cpu_seconds_per_gigabyte: float


def pin_this_process() -> None:
    """Keep the client off the proxy's CPU."""
    os.sched_setaffinity(0, {OTHERS_CPU})


def handshake_cpu_microseconds(proxy: Proxy, count: int, *, resumed: bool) -> float:
    """Return the proxy's CPU per connection: one handshake, one request, close.

    Raises RuntimeError when a session was resumed where a full handshake is measured, or the reverse: a figure that
    mixes both means nothing.
    """
    how = ["--resumed"] if resumed else []
    before = cpu_seconds(proxy.pid)
    reused = int(_run(sys.executable, "-m", "benchmarks.client", str(proxy.port), str(count), *how))
    used = cpu_seconds(proxy.pid) - before
    if reused != (count if resumed else 0):
        raise RuntimeError(f"{proxy.name}: {reused} of {count} handshakes were resumed.")
    return used / count * 1e6


def closed_loop(proxy: Proxy, path: str, *, connections: int, seconds: int) -> Rate:
    """Load the proxy with kept-alive requests for ``path`` as fast as they are answered."""
    before = cpu_seconds(proxy.pid)
    output = _run("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"https://127.0.0.1:{proxy.port}{path}")
    used = cpu_seconds(proxy.pid) - before
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{proxy.name}: {output}")
    found = re.search(r"(\d+) requests in ([\d.]+)(m?s|m)", output)
    if found is None:
        raise RuntimeError(f"{proxy.name}: {output}")
    requests = int(found[1])
    size = requests * (1_000_000 if path == "/large" else 100)
    return Rate(requests / seconds, used / requests * 1e6, size / seconds, used / (size / 1e9))


def closed_loop_http2(proxy: Proxy, path: str, *, connections: int, streams: int, seconds: int) -> Rate:
    """Load the proxy with requests over HTTP/2, ``streams`` of them at a time on each connection."""
    before = cpu_seconds(proxy.pid)
    output = _h2load(proxy, path, f"-c{connections}", f"-m{streams}", f"-D{seconds}")
    used = cpu_seconds(proxy.pid) - before
    found = re.search(r"requests: \d+ total, .* (\d+) succeeded, 0 failed, 0 errored", output)
    if found is None or "Application protocol: h2" not in output:
        raise RuntimeError(f"{proxy.name}: {output}")
    requests = int(found[1])
    return Rate(requests / seconds, used / requests * 1e6, requests * 100 / seconds, used / (requests * 100 / 1e9))


def http3(proxy: Proxy, count: int, *, kept: bool) -> Rate:
    """Ask for the small page over HTTP/3, on one connection or on one for each request; bytes are not counted."""
    how = ["--kept"] if kept else []
    before = cpu_seconds(proxy.pid)
    per_second = float(_run(sys.executable, "-m", "benchmarks.client3", str(proxy.port), str(count), *how))
    return Rate(per_second, (cpu_seconds(proxy.pid) - before) / count * 1e6, 0, 0)


def open_loop_milliseconds(
    proxy: Proxy, path: str, *, per_second: float, connections: int, seconds: int, log: Path, http2: bool = False
) -> tuple[float, float]:
    """Return p50 and p99 latency in ms at a constant rate of requests."""
    log.unlink(missing_ok=True)
    protocol = [] if http2 else ["--h1"]
    rate = f"--rps={max(1, round(per_second / connections))}"
    _h2load(proxy, path, *protocol, f"-c{connections}", f"-D{seconds}", "--warm-up-time=1", rate, f"--log-file={log}")
    rows = [line.split("\t") for line in log.read_text().splitlines()]
    if any(status != "200" for _, status, _ in rows):
        raise RuntimeError(f"{proxy.name}: not every answer was 200.")
    cuts = statistics.quantiles([int(microseconds) / 1000 for _, _, microseconds in rows], n=100)
    return cuts[49], cuts[98]


def _h2load(proxy: Proxy, path: str, *options: str) -> str:
    offer = ("--groups=X25519", "--tls13-ciphers=TLS_AES_256_GCM_SHA384")
    return _run("h2load", *offer, "-t1", *options, f"https://127.0.0.1:{proxy.port}{path}")


def _run(*command: str) -> str:
    offer = os.environ | {"OPENSSL_CONF": str(OFFER)}
    done = subprocess.run([*CLIENT, *command], capture_output=True, text=True, timeout=120, check=True, env=offer)
    return done.stdout
