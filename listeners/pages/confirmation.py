"""What the last step of the Create listener wizard shows before anything is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from certificates.models import Certificate
from listeners.applicability import settings_of
from listeners.impact import Impact, impact_of
from listeners.models import Binding, LoadBalancer, ServerGroup
from listeners.pages.curl import curl
from listeners.ports import port_warnings
from listeners.products import transport_of
from listeners.selectors import policy_named, servers_with_health
from listeners.tls_policies import TlsPolicy
from listeners.warnings import (
    ListenerWarning,
    name_warnings,
    policy_warnings,
    server_warnings,
    validity_warnings,
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The certificates that a listener would get."""

    default: Certificate | None
    additional: Sequence[Certificate]
    ca: Certificate | None

    def as_bindings(self) -> list[Binding]:
        """Return the bindings to be; they are numbered, never stored."""
        roles = [
            (Binding.Role.DEFAULT, self.default),
            *((Binding.Role.ADDITIONAL, certificate) for certificate in self.additional),
            (Binding.Role.CA, self.ca),
        ]
        return [
            Binding(pk=number, role=role, certificate=certificate, created_at=timezone.now())
            for number, (role, certificate) in enumerate(roles, start=1)
            if certificate is not None
        ]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Every value of a listener to be, what deserves a word, and the REST call that does the same."""

    values: Mapping[str, Any]
    settings: frozenset[str]
    certificates: Chosen
    policy: TlsPolicy | None  # None where the protocol has none
    server_group: ServerGroup | None
    warnings: Sequence[ListenerWarning]
    impact: Impact
    command: str


def confirmation_of(balancer: LoadBalancer, values: Mapping[str, Any]) -> Confirmation:
    """Return what to confirm; ``values`` are the answers of the wizard's steps."""
    additional, ca = values.get("additional_certificate_ids", ()), values.get("ca_certificate_id")
    rows = Certificate.objects.select_related("current_version").prefetch_related("current_version__names")
    found = rows.in_bulk([pk for pk in (values.get("certificate_id"), *additional, ca) if pk])
    groups = ServerGroup.objects.prefetch_related(*servers_with_health())
    group = groups.filter(pk=values.get("server_group_id") or "").first()
    certificates = Chosen(
        default=found.get(values.get("certificate_id", "")),
        additional=[found[pk] for pk in additional if pk in found],
        ca=found.get(ca or ""),
    )
    return Confirmation(
        values=values,
        settings=settings_of(balancer.product, values["protocol"]),
        certificates=certificates,
        policy=policy_named(balancer.product, values.get("security_policy", "")),
        server_group=group,
        warnings=_warnings(balancer, values, certificates, group),
        impact=impact_of("create"),
        command=curl("POST", "/listeners", {"load_balancer_id": balancer.pk, **values}),
    )


def _warnings(
    balancer: LoadBalancer, values: Mapping[str, Any], certificates: Chosen, group: ServerGroup | None
) -> list[ListenerWarning]:
    bindings = certificates.as_bindings()
    return [
        *port_warnings(balancer.bind_address, values["port"], transport_of(values["protocol"])),
        *policy_warnings(policy_named(balancer.product, values.get("security_policy", ""))),
        *validity_warnings(bindings, timezone.now()),
        *name_warnings(bindings),
        *(server_warnings(group) if group else ()),
    ]
