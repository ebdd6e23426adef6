"""The order of things: Redis, preparation, everything else, a word when it serves; and the stop."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

from lbadmin.environment import Environment
from lbadmin.quickstart import programs, ready
from lbadmin.quickstart.errors import StartError
from lbadmin.quickstart.results import Prepared, Sample
from lbadmin.quickstart.supervisor import Supervisor
from lbadmin.quickstart.terminal import closed, print_plain, say
from lbadmin.values import parse_bind

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: the terminal was closed
# The node first, and the sample's backend only after it, so that open connections can finish; Redis last.
STOP_ORDER = (("node", "console", "worker", "beat"), ("sample",), ("redis",))
REDIS_PATIENCE_SECONDS = 30.0


async def run(environment: Environment, lock: int, terminal: int | None) -> None:
    """Start everything, keep it running until a signal comes or the terminal closes, stop it. Raises StartError."""
    supervisor = Supervisor(lock)
    told_to_stop = _catch_signals(supervisor)
    start = asyncio.create_task(_start(environment, supervisor))
    stops = [asyncio.create_task(told_to_stop.wait()), asyncio.create_task(closed(terminal))]
    try:
        await asyncio.wait([start, *stops], return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            start.result()
            await asyncio.wait(stops, return_when=asyncio.FIRST_COMPLETED)
        say("stopping")
    finally:
        for task in (start, *stops):
            task.cancel()
        await asyncio.wait([start, *stops])
        await supervisor.stop(*STOP_ORDER)


def _catch_signals(supervisor: Supervisor) -> asyncio.Event:
    """Return an event that the first signal sets; a second one makes the stop hurry."""
    told_to_stop = asyncio.Event()

    def take() -> None:
        (supervisor.hurry if told_to_stop.is_set() else told_to_stop).set()

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, take)
    return told_to_stop


async def _start(environment: Environment, supervisor: Supervisor) -> None:
    began = time.monotonic()
    require_free(environment.bind)
    await _start_redis(environment, supervisor)
    prepared = await prepare(supervisor)
    _start_all(supervisor, prepared)
    _introduce(environment, prepared)
    host = environment.allowed_hosts[0].lstrip(".*") or "localhost"
    while not await ready.wait_for(
        "the console", partial(ready.console_problem, environment.bind, host), ready.PATIENCE_SECONDS
    ):
        pass
    if prepared.sample and prepared.sample.sha256:
        await ready.wait_for("the sample", partial(ready.sample_problem, prepared.sample), ready.PATIENCE_SECONDS)
    print_plain(f"Ready after {time.monotonic() - began:.1f} s: {environment.public_url} - Ctrl-C stops everything.")


def require_free(bind: str) -> None:
    """Raise StartError when the console's address cannot be listened on."""
    host, port = parse_bind(bind)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(f"LBADMIN_BIND: the console cannot listen on {bind}: {error.strerror}.") from None


async def _start_redis(environment: Environment, supervisor: Supervisor) -> None:
    if os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE"):
        ready.require_redis(environment.redis_url)
        return
    supervisor.keep(programs.redis(environment))

    async def problem() -> str:
        return ready.redis_problem(environment.redis_url)

    if not await ready.wait_for("Redis", problem, REDIS_PATIENCE_SECONDS):
        raise StartError("Redis did not start; its lines above say why.")


async def prepare(supervisor: Supervisor) -> Prepared:
    """Run the preparation in a process of its own, so that this one stays small. Raises StartError."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as result:
        try:
            status = await supervisor.run_once(programs.prepare(writing))
        finally:
            os.close(writing)
        outcome = result.read()
    if not outcome:
        raise StartError(f"The preparation ended with status {status}; its lines above say why.")
    prepared = Prepared.of(json.loads(outcome))
    if prepared.problem:
        raise StartError(prepared.problem)
    return prepared


def _start_all(supervisor: Supervisor, prepared: Prepared) -> None:
    if prepared.sample and prepared.sample.backend_port:
        supervisor.keep(programs.sample_backend(prepared.sample.backend_port))
    for program in (programs.console(), programs.worker(), programs.beat(), programs.node()):
        supervisor.keep(program)


def _introduce(environment: Environment, prepared: Prepared) -> None:
    print_plain(f"\n  Console   {environment.public_url}\n  User      admin")
    if prepared.password:
        print_plain(f"  Password  {prepared.password}   (made for you, shown this once)")
    else:
        print_plain(
            f"  Password  as you set it; change it with: {_relative(sys.executable)} manage.py changepassword admin"
        )
    if prepared.sample:
        print_plain(f"  Sample    {_how_to_try(prepared.sample)}")
    print_plain("")


def _how_to_try(sample: Sample) -> str:
    if sample.problem:
        return f"not made: {sample.problem}"
    return f"curl --cacert {_relative(sample.ca_file)} https://localhost:{sample.listener_port}/"


def _relative(path: str) -> str:
    """Shorten a path below the current directory, as a person would type it."""
    return os.path.relpath(path) if path.startswith(f"{Path.cwd()}{os.sep}") else path
