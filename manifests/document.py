"""What is stored, as a manifest declares it: the same rows always give the same document."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from listeners.backends import BACKENDS, DETAILS, applies
from listeners.forwarding.classic import classic_rule
from listeners.forwarding.rule import stored_rule
from listeners.models import (
    Binding,
    ForwardingRule,
    Listener,
    LoadBalancer,
    Product,
    RegionalCertificate,
    SecurityPolicy,
    ServerGroup,
)
from listeners.options import OPTIONS
from listeners.products import HTTP_FAMILY
from listeners.selectors.tags import tags_of
from manifests.schemas import NAMES, Entry

_SETTINGS = (
    "idle_timeout_seconds",
    "request_timeout_seconds",
    "security_policy",
    "alpn_policy",
    "proxy_protocol_enabled",
    "connections_per_second",
    "http2_enabled",
    "compression_enabled",
    "access_log_enabled",
    "redirect_port",
    "forwarded_headers",
)
_PROTECTIONS = ("deletion_protection", "modification_protection")


def stored_document() -> dict[str, list[Entry]]:
    """Return everything that a manifest can declare, in the order of names."""
    groups = _server_groups()
    policies = list(SecurityPolicy.objects.order_by("region", "name"))
    names = {group_id: entry["name"] for group_id, entry in groups.items()} | {row.pk: row.name for row in policies}
    return {
        "security_policies": [_security_policy(row) for row in policies],
        "regional_certificates": _regional_certificates(),
        "server_groups": list(groups.values()),
        "load_balancers": _load_balancers(names),
    }


def _security_policy(row: SecurityPolicy) -> Entry:
    return {"name": row.name, "region": row.region, "versions": row.versions, "ciphers": row.ciphers}


def _regional_certificates() -> list[Entry]:
    regions: dict[str, list[str]] = defaultdict(list)
    rows = RegionalCertificate.objects.order_by("certificate__name", "region")
    for name, region in rows.values_list("certificate__name", "region"):
        regions[name].append(region)
    return [{"certificate": name, "regions": found} for name, found in regions.items()]


def _server_groups() -> dict[str, Entry]:
    rows = list(ServerGroup.objects.order_by("name").select_related("ca_certificate").prefetch_related("servers"))
    tags = tags_of("server_group", [row.pk for row in rows])
    return {row.pk: _server_group(row, tags.get(row.pk, {})) for row in rows}


def _server_group(row: ServerGroup, tags: Mapping[str, str]) -> Entry:
    values = {name: getattr(row, name) for name in BACKENDS[row.protocol].defaults}
    own = [name for name in BACKENDS[row.protocol].settings if name not in DETAILS or applies(name, values)]
    settings = {name: values[name] for name in values if name in own}
    if "ca_certificate_id" in settings:
        del settings["ca_certificate_id"]
        settings["ca_certificate"] = row.ca_certificate.name if row.ca_certificate else None
    servers = sorted(row.servers.all(), key=lambda server: (server.address, server.port))
    shown = [{name: getattr(each, name) for name in ("address", "port", "weight", "description")} for each in servers]
    return {"name": row.name, "protocol": row.protocol, **settings, "tags": dict(tags), "servers": shown}


def _load_balancers(names: Mapping[str, str]) -> list[Entry]:
    rows = list(LoadBalancer.objects.order_by("name"))
    tags = tags_of("load_balancer", [row.pk for row in rows])
    listeners = _listeners(names)
    return [_load_balancer(row, tags.get(row.pk, {}), listeners[row.pk]) for row in rows]


def _load_balancer(row: LoadBalancer, tags: Mapping[str, str], listeners: list[Entry]) -> Entry:
    entry: Entry = {"name": row.name, "product": row.product}
    if row.edition:
        entry["edition"] = row.edition
    entry |= {"region": row.region, "bind_address": row.bind_address}
    for protection in _PROTECTIONS:
        entry[protection] = getattr(row, protection)
        if entry[protection]:
            entry[f"{protection}_reason"] = getattr(row, f"{protection}_reason")
    return {**entry, "tags": dict(tags), "listeners": listeners}


def _listeners(names: Mapping[str, str]) -> dict[str, list[Entry]]:
    rows = list(
        Listener.objects.order_by("load_balancer_id", "port", "transport").select_related(
            "load_balancer", "quic_listener"
        )
    )
    tags = tags_of("listener", [row.pk for row in rows])
    bindings = _by_listener(Binding.objects.select_related("certificate").order_by("certificate__name", "domain"))
    rules = _by_listener(ForwardingRule.objects.order_by("direction", "priority"))
    found: dict[str, list[Entry]] = defaultdict(list)
    for row in rows:
        entry = _listener(row, names, bindings[row.pk])
        entry["tags"] = tags.get(row.pk, {})
        if row.protocol in HTTP_FAMILY:
            entry["rules"] = [_rule(rule, row.product, names) for rule in rules[row.pk]]
        found[row.load_balancer_id].append(entry)
    return found


def _by_listener(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.listener_id].append(row)
    return found


def _listener(row: Listener, names: Mapping[str, str], bindings: list[Binding]) -> Entry:
    entry: Entry = {"port": row.port, "protocol": row.protocol, "name": row.name, "desired": row.desired}
    entry["server_group"] = names[row.server_group_id] if row.server_group_id else None
    for name in _SETTINGS:
        if _has(row, name):
            entry[name] = getattr(row, name)
    if "security_policy" in entry:
        entry["security_policy"] = names.get(row.security_policy, row.security_policy)
    if _has(row, "quic_listener_id"):
        entry["quic_port"] = row.quic_listener.port if row.quic_listener else None
    return entry | _certificates(row, bindings)


def _has(row: Listener, name: str) -> bool:
    return name not in OPTIONS or OPTIONS[name].is_of(row.product, row.protocol)


def _certificates(row: Listener, bindings: list[Binding]) -> Entry:
    entry: Entry = {}
    single = {binding.role: binding.certificate.name for binding in bindings}
    additional = [binding for binding in bindings if binding.role == Binding.Role.ADDITIONAL]
    if _has(row, "certificate_id"):
        entry["certificate"] = single[Binding.Role.DEFAULT]
    if _has(row, "additional_certificate_ids"):
        entry["additional_certificates"] = [binding.certificate.name for binding in additional]
    if _has(row, "domain_extensions"):
        by_domain = sorted(additional, key=lambda binding: binding.domain)
        entry["domain_extensions"] = [{"domain": b.domain, "certificate": b.certificate.name} for b in by_domain]
    if _has(row, "mutual_authentication"):
        entry["mutual_authentication"] = row.mutual_authentication
    if row.mutual_authentication:
        entry["mutual_authentication_mode"] = row.mutual_authentication_mode
        entry["ca_certificate"] = single[Binding.Role.CA]
    return entry


def _rule(row: ForwardingRule, product: str, names: Mapping[str, str]) -> Entry:
    if product == Product.CLB:
        parsed = stored_rule(row.pk, row.name, row.priority, row.direction, row.conditions, row.actions)
        entry = asdict(classic_rule(parsed))
    else:
        entry = {name: getattr(row, name) for name in ("name", "priority", "direction", "conditions", "actions")}
    return {**named(entry, names)}


def named(value: Any, names: Mapping[str, str]) -> Any:
    """Return ``value`` with each ``server_group_id``, however deep, as a ``server_group`` by its name."""
    if isinstance(value, Mapping):
        return {
            NAMES["server_group_id"] if key == "server_group_id" else key: names.get(part, part)
            if key == "server_group_id"
            else named(part, names)
            for key, part in value.items()
        }
    return [named(part, names) for part in value] if isinstance(value, list) else value
