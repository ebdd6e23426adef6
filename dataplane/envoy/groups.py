"""The server groups that a listener forwards to: a cluster for each, and the servers in it."""

from dataclasses import dataclass, field, replace

from dataplane.envoy import checks
from dataplane.envoy.cluster import build_cluster, build_endpoints
from dataplane.envoy.names import cluster_name
from dataplane.envoy.resources import Problem, Resource, resource
from dataplane.envoy.udp import bound_sessions
from dataplane.snapshot import Listener, ServerGroup, Snapshot


@dataclass(frozen=True, slots=True)
class CompiledGroups:
    """The server groups of a listener, as clusters by name."""

    clusters: dict[str, Resource] = field(default_factory=dict)
    endpoints: dict[str, Resource] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def compile_groups(listener: Listener, snapshot: Snapshot) -> CompiledGroups:
    """Compile every server group that ``listener`` forwards to; those that are not there are missing."""
    groups = CompiledGroups()
    for group_id in listener.group_ids:
        if group_id in snapshot.server_groups:
            name = cluster_name(listener, group_id)
            group, problems = _usable_group(snapshot.server_groups[group_id])
            cluster = build_cluster(name, listener, group)
            if listener.protocol == "UDP":
                bound_sessions(cluster, listener)
            groups.clusters[name] = resource(name, cluster)
            groups.endpoints[name] = resource(name, build_endpoints(name, group))
            groups.problems.extend(problems)
    return groups


def _usable_group(group: ServerGroup) -> tuple[ServerGroup, list[Problem]]:
    servers, problems = checks.usable_servers(group)
    check, check_problems = checks.usable_health_check(group)
    return replace(group, servers=servers, health_check=check), problems + check_problems
