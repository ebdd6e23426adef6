"""moto's classic ELB over Flask, the nearest open server of such an API: in an environment of its own, made once."""

from __future__ import annotations

import itertools
import os
import subprocess
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.processes import free_port, running, wait_for_port

VERSION = "5.2.5"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lbadmin-benchmarks"
BALANCER = "bench"
# moto does not check signatures; it reads from one which service is meant.
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/elasticloadbalancing/aws4_request,SignedHeaders=host,Signature=x"
)
Request = tuple[str, str, bytes, dict[str, str]]
Make = Callable[[], Request]


def _python() -> Path:
    """Return the Python of moto's environment, which is made where it is not there yet."""
    home = CACHE / f"moto-{VERSION}"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"moto[server]=={VERSION}"], check=True)
        (home / "ready").touch()
    return python


@contextmanager
def moto(log: Path) -> Iterator[int]:
    """Run moto as it ships; yield its port."""
    port = free_port()
    with running([_python(), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], log):
        wait_for_port(port)
        yield port


def requests(port: int) -> Mapping[str, Make]:
    """Return by our requests what asks moto for the same; ``create`` makes the load balancer that they are about."""
    host, ports = f"127.0.0.1:{port}", itertools.count(1000)

    def ask(action: str, **given: str) -> Request:
        body = urlencode({"Action": action, "Version": "2012-06-01", "LoadBalancerName": BALANCER, **given})
        headers = {"Host": host, "Authorization": SIGNED, "Content-Type": "application/x-www-form-urlencoded"}
        return "POST", "/", body.encode(), headers

    def listener() -> dict[str, str]:
        first = "Listeners.member.1."
        return {f"{first}Protocol": "TCP", f"{first}LoadBalancerPort": str(next(ports)), f"{first}InstancePort": "80"}

    return {
        "create": lambda: ask("CreateLoadBalancer", **{"AvailabilityZones.member.1": "us-east-1a"}, **listener()),
        "GetListenerAttribute": lambda: ask("DescribeLoadBalancers", **{"LoadBalancerNames.member.1": BALANCER}),
        "CreateListener": lambda: ask("CreateLoadBalancerListeners", **listener()),
    }
