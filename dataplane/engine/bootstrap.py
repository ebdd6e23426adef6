"""The engine's start configuration: where its resources come from, its bounds, and no network port at all."""

import json
from typing import Any

from dataplane.engine.limits import Limits
from dataplane.engine.paths import NodePaths

XDS_CLUSTER = "xds"  # also takes the access log
# The figures that the node reads. Everything else would cost memory for each of 10,000 certificates.
STATS = (
    r"listener\.lsn-[a-z0-9]+\.downstream_(cx_active|cx_total|pre_cx_timeout|cx_overload_reject|global_cx_overflow)",
    r"http\.lsn-[a-z0-9]+\.downstream_cx_(http3|tx_bytes)_total",
    r"udp\.lsn-[a-z0-9]+\.downstream_sess_active",
    r"listener_manager\.(listener_create_failure|total_listeners_(active|warming|draining)|workers_started)",
    r"server\.(live|total_connections|memory_allocated|memory_heap_size|uptime|hot_restart_epoch)",
    r"control_plane\.connected_state",
    r"overload\..*",
)
SOCKET_MODE = 0o600
# The engine's own limit is 100 instructions a regular expression. Those of rules are bounded before they are stored.
REGEX_INSTRUCTIONS = 1_000_000
# Without it each worker of the engine has a key of its own for the session tickets of QUIC, and no other node can
# resume a session.
QUIC_TICKETS = "envoy.reloadable_features.quic_session_ticket_support"

RUNTIME: tuple[dict[str, Any], ...] = (
    {"name": "bounds", "static_layer": {"re2.max_program_size.error_level": REGEX_INSTRUCTIONS}},
    {"name": "features", "static_layer": {QUIC_TICKETS: True}},
)


def bootstrap(node: str, paths: NodePaths, limits: Limits) -> dict[str, Any]:
    """Return the start configuration of ``node``'s engine (envoy.config.bootstrap.v3.Bootstrap)."""
    return {
        "node": {"id": node, "cluster": "lbadmin"},
        "admin": {"address": {"pipe": {"path": str(paths.admin_socket), "mode": SOCKET_MODE}}},
        "dynamic_resources": _dynamic_resources(),
        "static_resources": {"clusters": [_xds_cluster(paths)]},
        "overload_manager": _overload_manager(limits),
        "layered_runtime": {"layers": [*RUNTIME]},
        "stats_config": {
            "stats_matcher": {"inclusion_list": {"patterns": [{"safe_regex": {"regex": regex}} for regex in STATS]}}
        },
    }


def bootstrap_bytes(node: str, paths: NodePaths, limits: Limits) -> bytes:
    """Return the start configuration as the file's bytes; equal bytes mean that a running engine can stay."""
    return json.dumps(bootstrap(node, paths, limits), indent=1, sort_keys=True).encode() + b"\n"


def _dynamic_resources() -> dict[str, Any]:
    # 0 waits for ever: with a limit, a slow start of the node would give an engine without listeners.
    source = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    return {
        "ads_config": {
            "api_type": "DELTA_GRPC",
            "transport_api_version": "V3",
            "set_node_on_first_message_only": True,
            "grpc_services": [
                {
                    "envoy_grpc": {
                        "cluster_name": XDS_CLUSTER,
                        # The default backs off to 30 s; over a socket of this machine a try costs nothing.
                        "retry_policy": {"retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"}},
                    }
                }
            ],
        },
        "cds_config": source,
        "lds_config": source,
    }


def _xds_cluster(paths: NodePaths) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": {"pipe": {"path": str(paths.xds_socket)}}}}
    return {
        "name": XDS_CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": XDS_CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {
                    "http2_protocol_options": {"connection_keepalive": {"interval": "10s", "timeout": "10s"}}
                },
            }
        },
    }


def _overload_manager(limits: Limits) -> dict[str, Any]:
    """Refuse new connections at the cap, shrink and then refuse when the heap fills."""
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            _monitor("fixed_heap", "fixed_heap.v3.FixedHeapConfig", max_heap_size_bytes=limits.heap_bytes),
            _monitor(
                "global_downstream_max_connections",
                "downstream_connections.v3.DownstreamConnectionsConfig",
                max_active_downstream_connections=limits.connections,
            ),
        ],
        "actions": [
            _heap_action("shrink_heap", 0.90),
            _heap_action("stop_accepting_connections", 0.95),
            _heap_action("reject_incoming_connections", 0.98),
        ],
    }


def _monitor(name: str, message: str, **config: int) -> dict[str, Any]:
    kind = f"type.googleapis.com/envoy.extensions.resource_monitors.{message}"
    return {"name": f"envoy.resource_monitors.{name}", "typed_config": {"@type": kind, **config}}


def _heap_action(name: str, threshold: float) -> dict[str, Any]:
    trigger = {"name": "envoy.resource_monitors.fixed_heap", "threshold": {"value": threshold}}
    return {"name": f"envoy.overload_actions.{name}", "triggers": [trigger]}
