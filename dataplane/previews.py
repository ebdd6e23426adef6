"""Show what the engine would get: each part that a change touches, as a diff of JSON."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from django.utils import timezone
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from dataplane.collect import Selection, collect_listeners
from dataplane.envoy.compile import compile_listener
from dataplane.envoy.resources import CompiledListener, Resource
from dataplane.snapshot import Snapshot
from listeners.previews import EngineDifference

MOST_SHOWN = 50  # parts; a change of the policy touches every filter chain

# The parts of a listener by name, such as "cluster lsn-1": serialised, with the message that they are.
Parts = Mapping[str, tuple[bytes, type[Message]]]


class EnvoyPreview:
    """Compile a listener as the database says, and compare."""

    def compiled(self, listener_id: str) -> CompiledListener | None:
        """Return the compiled listener; None for one that is stopped or gone."""
        found = collect_listeners(Selection(), [listener_id], Snapshot(moment=timezone.now()))
        return compile_listener(found, listener_id) if listener_id in found.listeners else None

    def differences(
        self, before: CompiledListener | None, after: CompiledListener | None
    ) -> Sequence[EngineDifference]:
        """Return the parts that differ; keys and certificates are named there, never shown."""
        old, new = _parts(before), _parts(after)
        differing = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
        shown = [EngineDifference(name, _diff(old.get(name), new.get(name))) for name in differing[:MOST_SHOWN]]
        more = len(differing) - len(shown)
        return [*shown, *([EngineDifference(f"and {more:,} parts more", "")] if more else [])]

    def problems(self, compiled: CompiledListener | None) -> Sequence[str]:
        """Return what would be left out, and why."""
        return [problem.message for problem in compiled.problems] if compiled else []


def _parts(compiled: CompiledListener | None) -> Parts:
    if compiled is None or compiled.listener is None:
        return {}
    return {
        **dict(_listener_parts(compiled.listener)),
        **_named("cluster", compiled.clusters, Cluster),
        **_named("servers", compiled.endpoints, ClusterLoadAssignment),
        **_named("requests", compiled.filters, TypedExtensionConfig),
        **_named("routes", compiled.routes, RouteConfiguration),
        **{f"secret {name}": (source.version.encode(), Message) for name, source in compiled.secrets.items()},
    }


def _listener_parts(resource: Resource) -> Iterator[tuple[str, tuple[bytes, type[Message]]]]:
    """Take a listener apart, since 10,000 filter chains in one text would help nobody."""
    message = Listener.FromString(resource.payload)
    chains = [
        *message.filter_chains,
        *([message.default_filter_chain] if message.HasField("default_filter_chain") else []),
    ]
    message.ClearField("filter_chains")
    message.ClearField("default_filter_chain")
    yield "listener", (message.SerializeToString(deterministic=True), Listener)
    for chain in chains:
        yield f"filter chain {chain.name}", (chain.SerializeToString(deterministic=True), type(chain))


def _named(kind: str, resources: Mapping[str, Resource], message: type[Message]) -> Parts:
    return {f"{kind} {name}": (resource.payload, message) for name, resource in resources.items()}


def _diff(before: tuple[bytes, type[Message]] | None, after: tuple[bytes, type[Message]] | None) -> str:
    lines = difflib.unified_diff(_lines(before), _lines(after), "before", "after", lineterm="")
    return "\n".join(lines)


def _lines(part: tuple[bytes, type[Message]] | None) -> list[str]:
    if part is None:
        return []
    payload, message = part
    if message is Message:  # a secret: its version is all there is to see
        return [f"content {payload.decode()}"]
    return MessageToJson(message.FromString(payload), preserving_proto_field_name=True).splitlines()
