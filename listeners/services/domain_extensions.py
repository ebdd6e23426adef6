"""Domain extensions: the additional certificates of a Classic Load Balancer's HTTPS listener, each for one name."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from certificates.matching import InvalidNameError, normalise_name
from console.errors import ConflictError, InvalidInputError, NotFoundError
from events.actor import Actor
from events.feed import recording
from listeners.choice import is_servable
from listeners.legality import refuse_settings
from listeners.models import Binding, Listener
from listeners.services.binding_rules import (
    certificate_for,
    certificates_for,
    refuse_large_operation,
    refuse_too_many,
    refuse_uncovered,
)
from listeners.services.bindings import count_change, take_listener

FIELD = "domain_extensions"
Role = Binding.Role


@dataclass(frozen=True, slots=True)
class DomainExtension:
    """A host name, perhaps a wildcard, and the certificate for clients that ask for it."""

    domain: str
    certificate_id: str


def add_domain_extensions(
    actor: Actor, listener_id: str, *, extensions: Sequence[DomainExtension], expected_revision: int | None = None
) -> Listener:
    """Serve certificates to clients that ask for these names: all of them or, on any error, none."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        added = bind_extensions(listener, extensions)
        count_change(actor, listener)
        told = ", ".join(f"{binding.domain} ({binding.certificate})" for binding in added)
        changes.record("listener.updated", listener, f"domain extensions added: {told}", added=_domains(added))
    return listener


def change_domain_extension(
    actor: Actor, listener_id: str, *, domain: str, certificate_id: str, expected_revision: int | None = None
) -> Listener:
    """Serve another certificate to clients that ask for ``domain``."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        binding = _taken(listener, [domain])[0]
        if binding.certificate_id != certificate_id:
            before = binding.certificate
            after = certificate_for(Role.ADDITIONAL, certificate_id, "certificate_id", listener.load_balancer)
            refuse_uncovered(after, binding.domain, "certificate_id")
            binding.previous_certificate, binding.certificate = before, after
            binding.save(update_fields=["certificate", "previous_certificate"])
            count_change(actor, listener)
            changes.record("listener.updated", listener, f"domain extension {binding.domain}: {before} → {after}")
    return listener


def remove_domain_extensions(
    actor: Actor, listener_id: str, *, domains: Sequence[str], expected_revision: int | None = None
) -> Listener:
    """Serve the default certificate again to clients that ask for these names: all or, on any error, none."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        refuse_large_operation(listener.load_balancer, domains, "domains")
        bindings = _taken(listener, domains)
        Binding.objects.filter(pk__in=[binding.pk for binding in bindings]).delete()
        count_change(actor, listener)
        removed = _domains(bindings)
        changes.record(
            "listener.updated", listener, f"domain extensions removed: {', '.join(removed)}", removed=removed
        )
    return listener


def bind_extensions(listener: Listener, extensions: Sequence[DomainExtension]) -> list[Binding]:
    """Add domain extensions to ``listener`` within a write that is under way."""
    Binding.objects.bulk_create(bindings := extensions_for(listener, extensions))
    return bindings


def extensions_for(listener: Listener, extensions: Sequence[DomainExtension]) -> list[Binding]:
    """Return the bindings, not stored, of domain extensions; refuse all of them when one cannot be added."""
    if not extensions:
        raise _none_given()
    refuse_settings(listener.load_balancer, listener.protocol, {FIELD: extensions})
    refuse_large_operation(listener.load_balancer, extensions, FIELD)
    domains = [_checked_domain(extension.domain) for extension in extensions]
    _refuse_taken_domains(listener, domains)
    ids = [extension.certificate_id for extension in extensions]
    certificates = certificates_for(Role.ADDITIONAL, ids, FIELD, listener.load_balancer)
    for certificate, domain in zip(certificates, domains, strict=True):
        refuse_uncovered(certificate, domain, FIELD)
    refuse_too_many(listener, len(extensions), FIELD)
    return [
        Binding(listener=listener, certificate=certificate, role=Role.ADDITIONAL, domain=domain)
        for certificate, domain in zip(certificates, domains, strict=True)
    ]


def _domains(bindings: Sequence[Binding]) -> list[str]:
    return [binding.domain for binding in bindings]


def _none_given() -> InvalidInputError:
    return InvalidInputError(
        _("No domain extension is given."),
        "listener.domain-extensions-missing",
        field=FIELD,
        way_out=_("Give at least one domain with its certificate."),
    )


def _checked_domain(text: str) -> str:
    """Return the name as the engine matches it: lower case, A-labels, a wildcard as the whole first label at most."""
    try:
        domain = normalise_name(text)
    except InvalidNameError:
        domain = ""
    if not is_servable(domain) or "." not in domain:
        raise InvalidInputError(
            _("“%(domain)s” is no domain that clients can ask for.") % {"domain": text[:260]},
            "listener.domain-invalid",
            field=FIELD,
            way_out=_("Give a host name such as www.example.com, or a wildcard such as *.example.com."),
        )
    return domain


def _refuse_taken_domains(listener: Listener, domains: Sequence[str]) -> None:
    taken = set(listener.bindings.exclude(domain="").values_list("domain", flat=True)) if listener.pk else set()
    for domain in domains:
        if domain in taken:
            raise ConflictError(
                _("Listener “%(listener)s” has a domain extension for %(domain)s already.")
                % {"listener": listener, "domain": domain},
                "listener.domain-taken",
                field=FIELD,
                way_out=_("Change the certificate of that one instead."),
            )
        taken.add(domain)


def _taken(listener: Listener, domains: Sequence[str]) -> list[Binding]:
    bindings = {b.domain: b for b in listener.bindings.select_related("certificate").exclude(domain="")}
    for domain in domains:
        if domain not in bindings:
            raise NotFoundError(
                _("Listener “%(listener)s” has no domain extension for “%(domain)s”.")
                % {"listener": listener, "domain": domain[:260]},
                "listener.domain-extension-not-found",
                field="domain",
                way_out=_("It has those for %(domains)s.") % {"domains": ", ".join(bindings) or "—"},
            )
    if not domains:
        raise _none_given()
    return [bindings[domain] for domain in dict.fromkeys(domains)]
