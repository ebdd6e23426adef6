"""The only reader of the database on the way to the engine: rows in, snapshot out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from django.db.models import Q, QuerySet
from django.utils import timezone

from certificates.models import Certificate, CertificateName, Kind
from certificates.revocation.reading import revocations_of
from dataplane import snapshot
from dataplane.challenges import collect_challenges
from dataplane.engine.limits import session_limit
from dataplane.request_logs import request_log_path
from dataplane.rules import CollectedRules, collect_rules
from dataplane.snapshot import Snapshot
from listeners import forwarded_headers
from listeners.models import Binding, Listener, Server, ServerGroup
from listeners.selectors.policies import policies_of
from listeners.tls_policies import TlsPolicy

ROWS_AT_ONCE = 500
CERTIFICATE_COLUMNS = (
    "id",
    "name",
    "kind",
    "current_version_id",
    "current_version__sha256",
    "current_version__chain_sha256",
    "current_version__key_algorithm",
    "current_version__key_bits",
    "current_version__signature_hash",
    "current_version__not_after",
    "current_version__key__version_id",
)


@dataclass(frozen=True, slots=True)
class Selection:
    """The listeners that a node serves: all, those of one load balancer, or some by id."""

    listener_ids: frozenset[str] | None = None
    load_balancer_id: str = ""
    health_log: str = ""  # where the engine of the node writes why health checks fail

    @property
    def condition(self) -> Q:
        """The selection as a condition on listeners; stopped ones are never served."""
        condition = Q(desired=Listener.Desired.RUNNING)
        if self.load_balancer_id:
            condition &= Q(load_balancer_id=self.load_balancer_id)
        if self.listener_ids is not None:
            condition &= Q(id__in=self.listener_ids)
        return condition


def collect_all(selection: Selection) -> Snapshot:
    """Read everything that the selected listeners need."""
    now = timezone.now()
    found = _snapshot(Listener.objects.filter(selection.condition), Snapshot())
    return replace(found, moment=now, challenges=collect_challenges(), health_log=selection.health_log)


def collect_listeners(selection: Selection, listener_ids: Collection[str], known: Snapshot) -> Snapshot:
    """Read some listeners with what they need and ``known`` lacks: its certificates and server groups are followed.

    Listeners that are stopped, gone or not selected are missing.
    """
    return _snapshot(Listener.objects.filter(selection.condition, id__in=listener_ids), known)


def collect_certificates(certificate_ids: Iterable[str]) -> dict[str, snapshot.ServedCertificate]:
    """Read the current versions of certificates; one without a version is missing."""
    found: dict[str, snapshot.ServedCertificate] = {}
    for ids in _chunks(certificate_ids):
        certificates = Certificate.objects.filter(id__in=ids, current_version__isnull=False)
        rows = list(certificates.values_list(*CERTIFICATE_COLUMNS))
        names = _dns_names(row[3] for row in rows)
        authorities = [row[0] for row in rows if row[2] == Kind.CA]  # of 10,000 certificates a few
        revocations = revocations_of(authorities) if authorities else {}
        for id_, name, _kind, version, sha256, chain, algorithm, bits, signature, not_after, key in rows:
            found[id_] = snapshot.ServedCertificate(
                id=id_,
                name=name,
                version_id=version,
                sha256=sha256,
                chain_sha256=chain,
                dns_names=names.get(version, ()),
                key_algorithm=algorithm,
                key_bits=bits,
                signature_hash=signature,
                not_after=not_after,
                has_key=key is not None,
                revocation=revocations.get(id_, snapshot.NO_LISTS),
            )
    return found


def collect_server_groups(group_ids: Iterable[str]) -> dict[str, snapshot.ServerGroup]:
    """Read server groups with their servers."""
    found: dict[str, snapshot.ServerGroup] = {}
    for ids in _chunks(group_ids):
        servers: dict[str, list[snapshot.Server]] = defaultdict(list)
        rows = Server.objects.filter(group_id__in=ids).order_by("group_id", "address", "port")
        for group_id, address, port, weight in rows.values_list("group_id", "address", "port", "weight"):
            servers[group_id].append(snapshot.Server(address, port, weight))
        for group in ServerGroup.objects.filter(id__in=ids):
            found[group.id] = _server_group(group, tuple(servers[group.id]))
    return found


def _snapshot(rows: QuerySet[Listener], known: Snapshot) -> Snapshot:
    found = list(rows.select_related("load_balancer", "quic_listener").order_by("id"))
    slots = _slots(listener.id for listener in found)
    policies = policies_of(found)
    listeners = {
        listener.id: _listener(listener, tuple(slots[listener.id]), policies.get(listener.id)) for listener in found
    }
    listeners |= _with_rules(listeners)
    bound = {slot.certificate_id for listener in listeners.values() for slot in listener.slots}
    named = {group_id for listener in listeners.values() for group_id in listener.group_ids}
    groups = collect_server_groups(sorted(named - known.server_groups.keys()))
    bound |= {group.ca_certificate_id for group in groups.values() if group.ca_certificate_id}
    return Snapshot(
        listeners,
        groups,
        collect_certificates(sorted(bound - known.certificates.keys())),
    )


def _slots(listener_ids: Iterable[str]) -> dict[str, list[snapshot.Slot]]:
    slots: dict[str, list[snapshot.Slot]] = defaultdict(list)
    for ids in _chunks(listener_ids):
        rows = Binding.objects.filter(listener_id__in=ids).order_by("id")
        for listener_id, id_, role, *bound in rows.values_list("listener_id", "id", "role", "certificate_id", "domain"):
            slots[listener_id].append(snapshot.Slot(id_, _ROLES[role], *bound))
    return slots


def _listener(row: Listener, slots: tuple[snapshot.Slot, ...], policy: TlsPolicy | None) -> snapshot.Listener:
    return snapshot.Listener(
        id=row.id,
        load_balancer_id=row.load_balancer_id,
        name=str(row),
        address=row.load_balancer.bind_address,
        port=row.port,
        server_group_id=row.server_group_id or "",
        slots=slots,
        idle_timeout_seconds=row.idle_timeout_seconds,
        security_policy=row.security_policy,
        alpn_policy=row.alpn_policy,
        proxy_protocol=row.proxy_protocol_enabled,
        connections_per_second=row.connections_per_second,
        mutual_authentication=row.mutual_authentication,
        protocol=row.protocol,
        product=row.load_balancer.product,
        edition=row.load_balancer.edition,
        request_timeout_seconds=row.request_timeout_seconds,
        mutual_mode=row.mutual_authentication_mode,
        http2=row.http2_enabled,
        compression=row.compression_enabled,
        quic_listener_id=row.quic_listener_id or "",
        alt_svc_port=_announced_port(row),
        redirect_port=row.redirect_port,
        forwarded=forwarded_headers.read(row.forwarded_headers),
        access_log_path=str(request_log_path(row.id)) if row.access_log_enabled else "",
        policy=policy,
        session_limit=session_limit(),
    )


def _with_rules(listeners: Mapping[str, snapshot.Listener]) -> dict[str, snapshot.Listener]:
    """Return the listeners that have rules, with them."""
    having: dict[str, CollectedRules] = {}
    for ids in _chunks(key for key, listener in listeners.items() if listener.is_http):
        having |= collect_rules(ids)
    return {
        key: replace(listeners[key], rules=tuple(each.rules), unreadable_rules=tuple(each.unreadable))
        for key, each in having.items()
    }


def _announced_port(row: Listener) -> int:
    """Return the port of the QUIC listener that clients are told of, 0 where there is none that runs."""
    quic = row.quic_listener
    return quic.port if quic is not None and quic.desired == Listener.Desired.RUNNING else 0


def _server_group(row: ServerGroup, servers: tuple[snapshot.Server, ...]) -> snapshot.ServerGroup:
    return snapshot.ServerGroup(
        id=row.id,
        name=row.name,
        scheduler=row.scheduler,
        servers=servers,
        health_check=_health_check(row) if row.health_check_enabled else None,
        protocol=row.protocol,
        hash_parameter=row.hash_parameter,
        stickiness=row.stickiness,
        cookie=row.cookie,
        cookie_timeout_seconds=row.cookie_timeout_seconds,
        slow_start_seconds=row.slow_start_seconds,
        connection_drain_seconds=row.connection_drain_seconds,
        verify_servers=row.verify_servers,
        ca_certificate_id=row.ca_certificate_id or "",
        server_name=row.server_name,
    )


def _health_check(row: ServerGroup) -> snapshot.HealthCheck:
    return snapshot.HealthCheck(
        port=row.health_check_port,
        timeout_seconds=row.health_check_timeout_seconds,
        interval_seconds=row.health_check_interval_seconds,
        healthy_threshold=row.healthy_threshold,
        unhealthy_threshold=row.unhealthy_threshold,
        protocol=row.health_check_protocol,
        host=row.health_check_host,
        path=row.health_check_path,
        method=row.health_check_method,
        codes=tuple(row.health_check_codes),
    )


def _dns_names(version_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    names: dict[int, list[str]] = defaultdict(list)
    rows = CertificateName.objects.filter(version_id__in=list(version_ids), kind="dns").order_by("value")
    for version_id, value in rows.values_list("version_id", "value"):
        names[version_id].append(value)
    return {version_id: tuple(values) for version_id, values in names.items()}


_ROLES: dict[str, snapshot.Role] = {
    Binding.Role.DEFAULT: snapshot.DEFAULT,
    Binding.Role.ADDITIONAL: snapshot.ADDITIONAL,
    Binding.Role.CA: snapshot.AUTHORITY,
}


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """Split ``values``, so that no query names more rows than a database takes."""
    rest = iter(values)
    while chunk := list(islice(rest, ROWS_AT_ONCE)):
        yield chunk
