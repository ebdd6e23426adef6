"""The active health checks of a cluster."""

from functools import lru_cache

from envoy.config.core.v3 import health_check_pb2
from envoy.config.core.v3.base_pb2 import RequestMethod
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.extensions.health_check.event_sinks.file.v3.file_pb2 import HealthCheckEventFileSink
from envoy.type.v3.range_pb2 import Int64Range
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from dataplane.envoy.resources import packed
from dataplane.snapshot import HealthCheck, ServerGroup

DEFAULT_CODES = ("http_2xx",)
# By which a cluster is told to make its checks otherwise than it makes connections for clients.
SECURITY = "check"
PLAIN, TLS = "plain", "tls"


def build_health_check(check: HealthCheck, group: ServerGroup, health_log: str) -> health_check_pb2.HealthCheck:
    """Return the check of ``group``; ``health_log`` is the file that tells why checks fail, empty for none."""
    return _build(check, other_security(check, group), health_log)


@lru_cache
def _build(check: HealthCheck, security: str, health_log: str) -> health_check_pb2.HealthCheck:
    interval = Duration(seconds=check.interval_seconds)
    built = health_check_pb2.HealthCheck(
        timeout=Duration(seconds=check.timeout_seconds),
        interval=interval,
        # Without these the engine checks a cluster that has no traffic once a minute only.
        no_traffic_interval=interval,
        no_traffic_healthy_interval=interval,
        healthy_threshold=UInt32Value(value=check.healthy_threshold),
        unhealthy_threshold=UInt32Value(value=check.unhealthy_threshold),
        reuse_connection=BoolValue(value=False),
    )
    _add_kind(built, check)
    if security:
        built.transport_socket_match_criteria.CopyFrom(as_criteria(security))
    if health_log:
        # Every failure: a server that refused and now answers a wrong code must not be said to refuse.
        built.always_log_health_check_failures = True
        built.event_logger.append(_event_sink(health_log))
    return built


def as_criteria(security: str) -> Struct:
    """Return what marks the socket of checks that are secured in this other way."""
    return Struct(fields={SECURITY: Value(string_value=security)})


def other_security(check: HealthCheck, group: ServerGroup) -> str:
    """Return how checks are to be secured where that differs from the connections for clients; empty: no other way."""
    if check.protocol == "HTTPS":
        return "" if group.protocol == "HTTPS" else TLS
    return PLAIN if group.protocol == "HTTPS" else ""


def _add_kind(built: health_check_pb2.HealthCheck, check: HealthCheck) -> None:
    if check.protocol in {"HTTP", "HTTPS"}:
        built.http_health_check.CopyFrom(_http(check))
    elif check.protocol == "gRPC":
        built.grpc_health_check.CopyFrom(health_check_pb2.HealthCheck.GrpcHealthCheck(authority=check.host))
    else:
        built.tcp_health_check.CopyFrom(health_check_pb2.HealthCheck.TcpHealthCheck())


def _http(check: HealthCheck) -> health_check_pb2.HealthCheck.HttpHealthCheck:
    return health_check_pb2.HealthCheck.HttpHealthCheck(
        host=check.host,
        path=check.path,
        method=RequestMethod.Value(check.method),
        expected_statuses=[_statuses(code) for code in check.codes or DEFAULT_CODES],
    )


def _statuses(code: str) -> Int64Range:
    """Return the statuses of a class such as ``http_2xx``."""
    first = int(code.removeprefix("http_")[0]) * 100
    return Int64Range(start=first, end=first + 100)


def _event_sink(path: str) -> TypedExtensionConfig:
    config = HealthCheckEventFileSink(event_log_path=path)
    return TypedExtensionConfig(name="envoy.health_check.event_sinks.file", typed_config=packed(config))
