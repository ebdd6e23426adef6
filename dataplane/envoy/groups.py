"""The server groups that a listener forwards to: a cluster for each, the servers in it, and whom it trusts."""

from dataclasses import dataclass, field, replace

from dataplane.envoy import checks
from dataplane.envoy.balancing import notes_tuple
from dataplane.envoy.checks import NOTHING_REFUSED, Refused
from dataplane.envoy.cluster import build_cluster, build_endpoints, has_host_names
from dataplane.envoy.names import cluster_name, servers_secret
from dataplane.envoy.resources import Problem, Resource, SecretSource, resource
from dataplane.envoy.slots import secret_source
from dataplane.envoy.udp import adapt_cluster
from dataplane.snapshot import AUTHORITY, Listener, ServerGroup, Slot, Snapshot


@dataclass(frozen=True, slots=True)
class CompiledGroups:
    """The server groups of a listener, as clusters by name, and the secrets that servers are verified by."""

    clusters: dict[str, Resource] = field(default_factory=dict)
    endpoints: dict[str, Resource] = field(default_factory=dict)
    secrets: dict[str, SecretSource] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def compile_groups(listener: Listener, snapshot: Snapshot, refused: Refused = NOTHING_REFUSED) -> CompiledGroups:
    """Compile every server group that ``listener`` forwards to; those that are not there are missing."""
    groups = CompiledGroups()
    for group_id in listener.group_ids:
        if group_id in snapshot.server_groups:
            _add_group(groups, listener, snapshot, _usable_group(groups, snapshot.server_groups[group_id]), refused)
    return groups


def hashes_tuples(listener: Listener, snapshot: Snapshot) -> bool:
    """Tell whether the streams of ``listener`` are to note both of their addresses."""
    return notes_tuple(snapshot.server_groups.get(listener.server_group_id)) and not listener.is_http


def _usable_group(groups: CompiledGroups, group: ServerGroup) -> ServerGroup:
    servers, problems = checks.usable_servers(group)
    check, check_problems = checks.usable_health_check(group)
    groups.problems.extend(problems + check_problems)
    is_usable = servers == group.servers and check is group.health_check
    return group if is_usable else replace(group, servers=servers, health_check=check)


def _add_group(
    groups: CompiledGroups, listener: Listener, snapshot: Snapshot, group: ServerGroup, refused: Refused
) -> None:
    name, authority = cluster_name(listener, group.id), ""
    if group.verify_servers and group.ca_certificate_id:
        authority = servers_secret(listener.id, group.id)
        problem = _add_authority(groups, authority, snapshot, group, refused)
        # Without anything to verify them by, servers are not connected to at all.
        group = replace(group, servers=()) if problem else group
    cluster = build_cluster(
        name, listener, group, authority if authority in groups.secrets else "", snapshot.health_log
    )
    if listener.protocol == "UDP":
        adapt_cluster(cluster, listener)
    groups.clusters[name] = resource(name, cluster)
    if not has_host_names(group):
        groups.endpoints[name] = resource(name, build_endpoints(name, group))


def _add_authority(
    groups: CompiledGroups, name: str, snapshot: Snapshot, group: ServerGroup, refused: Refused
) -> Problem | None:
    """Add the secret that the servers of ``group`` are verified by, or return and note why that is impossible."""
    certificate = snapshot.certificates.get(group.ca_certificate_id)
    if certificate is None:
        problem = Problem("server_group", group.id, "server_group.no-ca-certificate", {"name": group.name})
        groups.problems.append(problem)
        return problem
    source = secret_source(Slot(0, AUTHORITY, certificate.id), certificate, snapshot.moment)
    refusal = checks.refusal(refused, (name, source.version), certificate)
    if refusal is not None:
        problem = replace(refusal, object_type="server_group", object_id=group.id)
        groups.problems.append(problem)
        return problem
    groups.secrets[name] = source
    return None
