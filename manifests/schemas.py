"""What a manifest holds: the bodies of the REST API, with names in place of ids.

Made from the schemas of REST, so that whatever can be set there can be declared here.
"""

from collections.abc import Mapping
from typing import Any, Literal

from ninja import Field
from pydantic import create_model

from access.rest import Body
from listeners.schemas.clients import ForwardedHeadersPatch
from listeners.schemas.forwarding_rules import RulePatch
from listeners.schemas.listeners import ListenerIn
from listeners.schemas.load_balancers import LoadBalancerIn
from listeners.schemas.policies import SecurityPolicyIn
from listeners.schemas.ranges import Port
from listeners.schemas.server_groups import ServerGroupIn
from listeners.schemas.tags import Tags

# How fields that hold an id in REST are called where they hold a name.
NAMES: Mapping[str, str] = {
    "server_group_id": "server_group",
    "certificate_id": "certificate",
    "additional_certificate_ids": "additional_certificates",
    "ca_certificate_id": "ca_certificate",
    "quic_listener_id": "quic_port",
}


def _with_names(title: str, source: type[Body], *left_out: str, **more: Any) -> type[Body]:
    """Return a model with the fields of ``source``, those with ids renamed, and ``more``."""
    fields: dict[str, Any] = {
        NAMES.get(field, field): (info.annotation, info)
        for field, info in source.model_fields.items()
        if field not in left_out
    }
    return create_model(title, __base__=Body, __module__=__name__, __doc__=more.pop("doc"), **{**fields, **more})


class DomainExtensionEntry(Body):
    """A name that a certificate is for, on an HTTPS listener of a CLB."""

    domain: str
    certificate: str


class RegionalCertificateEntry(Body):
    """A certificate, and the regions whose Classic Load Balancers can use it."""

    certificate: str
    regions: list[str]


SecurityPolicyEntry = _with_names(
    "SecurityPolicyEntry", SecurityPolicyIn, doc="A custom TLS security policy, known by its region and name."
)
ServerGroupEntry = _with_names(
    "ServerGroupEntry", ServerGroupIn, doc="A server group with its servers, known by its name.", tags=(Tags, {})
)
RuleEntry = _with_names(
    "RuleEntry", RulePatch, doc="A forwarding rule; its actions name server groups by `server_group`.", name=(str, ...)
)
ListenerEntry = _with_names(
    "ListenerEntry",
    ListenerIn,
    "load_balancer_id",
    doc="A listener, known by its port and what it is of: TCP or UDP.",
    quic_port=(Port | None, Field(None, description="HTTPS of an ALB: the port of its QUIC listener.")),
    domain_extensions=(list[DomainExtensionEntry], []),
    forwarded_headers=(ForwardedHeadersPatch, Field({}, description="What differs from the defaults; all of it.")),
    rules=(list[RuleEntry], []),  # type: ignore[valid-type]
)
LoadBalancerEntry = _with_names(
    "LoadBalancerEntry",
    LoadBalancerIn,
    doc="A load balancer, known by its name, with its listeners.",
    listeners=(list[ListenerEntry], []),  # type: ignore[valid-type]
)
Entry = dict[str, Any]


class Manifest(Body):
    """Load balancers and what they need. Certificates are named, never held: no key is ever in a manifest."""

    version: Literal[1] = 1
    security_policies: list[SecurityPolicyEntry] = []  # type: ignore[valid-type]
    regional_certificates: list[RegionalCertificateEntry] = []
    server_groups: list[ServerGroupEntry] = []  # type: ignore[valid-type]
    load_balancers: list[LoadBalancerEntry] = []  # type: ignore[valid-type]

    def declares_anything(self) -> bool:
        """Tell whether any section is there, be it empty."""
        return not self.model_fields_set.isdisjoint(SECTIONS)

    def given(self) -> dict[str, list[Entry]]:
        """Return what was declared, and nothing that was not."""
        declared = self.model_dump(exclude_unset=True, exclude={"version"})
        return {section: declared.get(section, []) for section in SECTIONS}


SECTIONS = ("security_policies", "regional_certificates", "server_groups", "load_balancers")
