"""Forwarding rules at size: compiling those of 10,000 listeners, and one changed among 10,000 until clients see it."""

from __future__ import annotations

import argparse
import http.client
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.stack import migrate, node, redis  # isort: skip  (sets Django up)
from benchmarks.processes import free_port, wait_for_port
from benchmarks.proxies import backend
from benchmarks.report import publish, table
from dataplane.envoy.compile import compile_snapshot
from dataplane.envoy.resources import resource
from dataplane.envoy.routes import build_routes
from dataplane.snapshot import Listener, Server, ServerGroup, Snapshot
from events.actor import SYSTEM
from listeners import services
from listeners.forwarding.rule import REQUEST, Rule, read_actions, read_conditions
from listeners.services import ServerSpec
from listeners.services.forwarding_rules import create_rules, update_rules

RULES_EACH = 100  # the quota of a Standard instance
GIVE_UP_SECONDS = 30


def main() -> None:
    """Run the campaign and publish it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=10_000)
    parser.add_argument("--rules-compiled", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    compiled = [_compiled(options.listeners, each, options.rounds) for each in options.rules_compiled]
    migrate()
    with tempfile.TemporaryDirectory() as name, redis(), backend(Path(name) / "backend") as port:
        changed = _changed(options.rules, port, options.changes)
    compiling = table(["listeners", "rules", "routes, s CPU", "everything, s CPU"], compiled)
    changing = table(["rules", "p50 ms", "p99 ms", "worst ms"], [changed])
    publish("rules", "python -m benchmarks.rules", f"{compiling}\n\n{changing}")


def _compiled(listeners: int, rules: int, rounds: int) -> list[str]:
    """Compile from values in memory, without a database or an engine."""
    snapshot = _snapshot(listeners, rules)
    routes = median(_routes_seconds(snapshot) for _ in range(rounds))
    everything = median(_everything_seconds(snapshot) for _ in range(rounds))
    return [f"{listeners:,}", f"{listeners * rules:,}", f"{routes:.2f}", f"{everything:.2f}"]


def _routes_seconds(snapshot: Snapshot) -> float:
    begin = time.process_time()
    for listener in snapshot.listeners.values():
        resource(listener.id, build_routes(listener, snapshot.server_groups))
    return time.process_time() - begin


def _everything_seconds(snapshot: Snapshot) -> float:
    begin = time.process_time()
    compile_snapshot(snapshot)
    return time.process_time() - begin


def _snapshot(listeners: int, rules: int) -> Snapshot:
    group = ServerGroup("sgp-1", "bench", "wrr", (Server("127.0.0.1", 9000, 100),), None, protocol="HTTP")
    made = (_listener(number, rules, group.id) for number in range(listeners))
    return Snapshot({each.id: each for each in made}, {group.id: group})


def _listener(number: int, rules: int, group_id: str) -> Listener:
    return Listener(
        id=f"lsn-{number}",
        load_balancer_id=f"alb-{number}",
        name=f"listener {number}",
        address="127.0.0.1",
        port=1 + number,
        server_group_id=group_id,
        slots=(),
        idle_timeout_seconds=15,
        security_policy="",
        alpn_policy="",
        proxy_protocol=False,
        connections_per_second=0,
        mutual_authentication=False,
        protocol="HTTP",
        product="ALB",
        edition="Standard",
        rules=tuple(_rule(number, place, group_id) for place in range(1, rules + 1)),
    )


def _rule(number: int, place: int, group_id: str) -> Rule:
    """Return a rule of two conditions and two actions, as shops have them."""
    conditions = [
        {"type": "Host", "values": [f"www{number}.bench.test"]},
        {"type": "Path", "values": [f"/shop{place}/*"]},
    ]
    actions = [
        {"type": "InsertHeader", "key": "x-shop", "value_type": "UserDefined", "value": str(place)},
        {"type": "ForwardGroup", "groups": [{"server_group_id": group_id}]},
    ]
    return Rule(
        f"rule-{number}-{place}",
        f"rule {place}",
        place,
        REQUEST,
        read_conditions(conditions),
        read_actions(actions, REQUEST),
    )


@dataclass(frozen=True, slots=True)
class _Ruled:
    """A stored listener with the ids of its rules."""

    listener_id: str
    port: int
    rule_ids: list[str]


def _changed(rules: int, backend_port: int, changes: int) -> list[str]:
    """Change one rule after the other on a running node; return when clients saw it."""
    stored = [_store(number, backend_port) for number in range(rules // RULES_EACH)]
    with node(stored[0].port):
        wait_for_port(stored[-1].port)
        found = [_change_and_watch(stored[turn % len(stored)], turn) for turn in range(changes)]
    cuts = quantiles(found, n=100, method="inclusive")
    return [f"{rules:,}", *(f"{value:.1f}" for value in (cuts[49], cuts[98], max(found)))]


def _store(number: int, backend_port: int) -> _Ruled:
    balancer = services.create_load_balancer(
        SYSTEM, name=f"bench-rules-{number}", bind_address="127.0.0.1", product="ALB", edition="Standard"
    )
    servers = [ServerSpec(address="127.0.0.1", port=backend_port)]
    group = services.create_server_group(SYSTEM, name=f"bench-rules-{number}", protocol="HTTP", servers=servers)
    listener = services.create_listener(
        SYSTEM, load_balancer_id=balancer.id, protocol="HTTP", port=free_port(), server_group_id=group.id
    )
    rows = create_rules(
        SYSTEM,
        listener.id,
        [
            {"name": f"rule {place}", "priority": place, "conditions": _path(place), "actions": _answer("before")}
            for place in range(1, RULES_EACH + 1)
        ],
    )
    return _Ruled(listener.id, listener.port, [row.pk for row in rows])


def _path(place: int) -> list[dict[str, object]]:
    return [{"type": "Path", "values": [f"/page{place}"]}]


def _answer(content: str) -> list[dict[str, object]]:
    return [{"type": "FixedResponse", "code": 200, "content_type": "text/plain", "content": content}]


def _change_and_watch(ruled: _Ruled, turn: int) -> float:
    """Change one rule; return ms from the commit until a client was answered by it."""
    place = turn * 7919 % RULES_EACH
    content = f"after {turn}"
    connection = http.client.HTTPConnection("127.0.0.1", ruled.port, timeout=GIVE_UP_SECONDS)
    try:
        _ask(connection, place + 1)
        update_rules(SYSTEM, ruled.listener_id, {ruled.rule_ids[place]: {"actions": _answer(content)}})
        committed = time.perf_counter()
        while _ask(connection, place + 1) != content:
            if time.perf_counter() - committed > GIVE_UP_SECONDS:
                raise TimeoutError(f"A changed rule is not served after {GIVE_UP_SECONDS} s.")
        return (time.perf_counter() - committed) * 1000
    finally:
        connection.close()


def _ask(connection: http.client.HTTPConnection, page: int) -> str:
    connection.request("GET", f"/page{page}")
    return connection.getresponse().read().decode()


if __name__ == "__main__":
    main()
