"""What the engine would refuse, found first and said in words."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from dataplane.envoy.resources import Problem
from dataplane.envoy.tls import ALPN
from dataplane.snapshot import AUTHORITY, HealthCheck, Listener, ServedCertificate, Server, ServerGroup, Slot
from listeners.host_names import is_host_name, is_ip_address
from listeners.problem_words import Parameters
from listeners.products import WITH_POLICY

SHORTEST_RSA_BITS = 2048
HIGHEST_PORT = 65_535
HIGHEST_RATE = 1_000_000

# Why a secret's version could not be served, by its name and version.
Refused = Mapping[tuple[str, str], str]
NOTHING_REFUSED: Refused = MappingProxyType({})


def listener_problems(listener: Listener) -> Iterator[Problem]:
    """Yield what makes it impossible to serve ``listener`` at all, certificates apart."""
    if not is_ip_address(listener.address):
        yield _of(listener, "address-invalid", address=listener.address)
    if not _is_port(listener.port):
        yield _of(listener, "port-invalid", port=listener.port, highest=HIGHEST_PORT)
    if listener.protocol in WITH_POLICY and (listener.policy is None or not listener.policy.offered_versions):
        yield _of(listener, "policy-unknown", policy=listener.security_policy)
    if listener.alpn_policy not in ALPN:
        yield _of(listener, "alpn-policy-unknown", policy=listener.alpn_policy)
    if listener.idle_timeout_seconds < 1:
        yield _of(listener, "idle-timeout-invalid")
    if listener.connections_per_second > HIGHEST_RATE:
        yield _of(listener, "rate-invalid", highest=HIGHEST_RATE)


def rule_problems(listener: Listener) -> Iterator[Problem]:
    """Yield the forwarding rules that are left out."""
    for name in listener.unreadable_rules:
        yield _of(listener, "rule-unreadable", name=name)


def certificate_problem(slot: Slot, certificate: ServedCertificate | None) -> Problem | None:
    """Return why ``certificate`` cannot be served, None if it can."""
    if certificate is None:
        return Problem("certificate", slot.certificate_id, "certificate.empty")
    if slot.role == AUTHORITY:
        return None
    if not certificate.has_key:
        return Problem("certificate", certificate.id, "certificate.without-key", {"name": certificate.name})
    if certificate.key_algorithm == "RSA" and certificate.key_bits < SHORTEST_RSA_BITS:
        told: Parameters = {"name": certificate.name, "bits": certificate.key_bits, "limit": SHORTEST_RSA_BITS}
        return Problem("certificate", certificate.id, "certificate.key-too-short", told)
    return None


def usable_servers(group: ServerGroup) -> tuple[tuple[Server, ...], list[Problem]]:
    """Split off the servers that no connection can be made to."""
    problems = [
        Problem(
            "server_group",
            group.id,
            "server.address-invalid",
            {"server": f"{server.address}:{server.port}", "name": group.name},
        )
        for server in group.servers
        if not _is_server(server)
    ]
    usable = tuple(filter(_is_server, group.servers))
    if not any(server.weight for server in usable):
        problems.append(Problem("server_group", group.id, "server_group.no-servers", {"name": group.name}))
    return usable, problems


def _is_server(server: Server) -> bool:
    return (is_ip_address(server.address) or is_host_name(server.address)) and _is_port(server.port)


def usable_health_check(group: ServerGroup) -> tuple[HealthCheck | None, list[Problem]]:
    """Return the health check, None where there is none or where its figures cannot be."""
    check = group.health_check
    if check is None:
        return None, []
    figures = (check.timeout_seconds, check.interval_seconds, check.healthy_threshold, check.unhealthy_threshold)
    if min(figures) >= 1 and 0 <= check.port <= HIGHEST_PORT:
        return check, []
    return None, [Problem("server_group", group.id, "server_group.health-check-invalid", {"name": group.name})]


def missing(listener: Listener, code: str) -> Problem:
    """Return the problem of a listener that lacks a part it cannot do without."""
    return _of(listener, code)


def revocation_problems(certificate: ServedCertificate, moment: datetime) -> Iterator[Problem]:
    """Yield what listeners make of the lists of a CA certificate otherwise than the operator may think."""
    check = certificate.revocation.at(moment)
    for each in check.refusing:
        yield _of_lists(certificate, "expired-refusing", issuer=each.issuer)
    for each in check.ignored:
        yield _of_lists(certificate, "expired-ignored", issuer=each.issuer)
    if check.uncovered:
        yield _of_lists(certificate, "incomplete", issuers="; ".join(check.uncovered))


def refusal(refused: Refused, secret: tuple[str, str], certificate: ServedCertificate) -> Problem | None:
    """Return the engine's own refusal of a secret (name and version) of this certificate, None if there is none."""
    reason = refused.get(secret)
    if reason is None:
        return None
    return Problem("certificate", certificate.id, "certificate.refused", {"name": certificate.name, "reason": reason})


def _of(listener: Listener, code: str, **parameters: str | int) -> Problem:
    return Problem("listener", listener.id, f"listener.{code}", parameters)


def _of_lists(certificate: ServedCertificate, code: str, **parameters: str | int) -> Problem:
    return Problem("certificate", certificate.id, f"crl.{code}", {"name": certificate.name, **parameters})


def _is_port(value: int) -> bool:
    return 1 <= value <= HIGHEST_PORT
