"""Apply listeners: what they are, their certificates, and who must show one."""

from typing import Any

from django.utils.translation import gettext as _

from console.errors import ConflictError, NotFoundError
from listeners import limits, rules, services
from listeners.models import Binding, Listener, LoadBalancer
from listeners.services import DomainExtension
from manifests.applying.rules import apply_rules
from manifests.applying.state import Run, at, balancer_named, ids_of, is_as_wanted, listener_key, portions
from manifests.schemas import Entry

_LISTS = ("additional_certificate_ids", "domain_extensions")
_CERTIFICATES = ("certificate_id", *_LISTS, "mutual_authentication", "mutual_authentication_mode", "ca_certificate_id")
_OWN = ("port", "protocol", "desired", "tags", "rules")


def apply_listener(run: Run, balancer_entry: Entry, entry: Entry) -> None:
    """Create a listener with all that it has, or change what differs."""
    stored = run.stored.listeners.get(listener_key(balancer_entry, entry))
    if is_as_wanted(entry, stored):
        return
    balancer = balancer_named(balancer_entry["name"])
    fields = _fields(run, balancer, entry)
    listener = _create(run, balancer, fields) if stored is None else _change(run, balancer, fields, stored)
    if "rules" in entry:
        apply_rules(run, listener, entry["rules"])


def _fields(run: Run, balancer: LoadBalancer, entry: Entry) -> dict[str, Any]:
    """Return what is declared as services take it: ids in place of names."""
    fields = ids_of(entry)
    for name in ("certificate_id", "ca_certificate_id"):
        if fields.get(name):
            fields[name] = run.certificate_id(fields[name], name)
    if fields.get("server_group_id"):
        fields["server_group_id"] = run.group_id(fields["server_group_id"])
    if fields.get("security_policy"):
        fields["security_policy"] = run.policy_id(fields["security_policy"], balancer.region)
    if fields.get("quic_listener_id"):
        fields["quic_listener_id"] = _quic_listener(balancer, fields["quic_listener_id"])
    if "additional_certificate_ids" in fields:
        fields["additional_certificate_ids"] = [
            run.certificate_id(name, f"additional_certificates.{n}")
            for n, name in enumerate(fields["additional_certificate_ids"])
        ]
    if "domain_extensions" in fields:
        fields["domain_extensions"] = [
            DomainExtension(
                each["domain"], run.certificate_id(each["certificate"], f"domain_extensions.{n}.certificate")
            )
            for n, each in enumerate(fields["domain_extensions"])
        ]
    return fields


def _quic_listener(balancer: LoadBalancer, port: int) -> str:
    found = balancer.listeners.filter(port=port, transport=Listener.Transport.UDP).first()
    if found is None:
        raise NotFoundError(
            _("“%(balancer)s” has no QUIC listener on port %(port)s.") % {"balancer": balancer, "port": port},
            "manifest.quic-listener-not-found",
            field="quic_port",
            way_out=_("Declare it among the listeners of this load balancer."),
        )
    return found.pk


def _create(run: Run, balancer: LoadBalancer, fields: dict[str, Any]) -> Listener:
    given = {name: value for name, value in fields.items() if name not in (*_LISTS, "rules")}
    listener = services.create_listener(run.actor, load_balancer_id=balancer.pk, **given)
    _set_additional(run, listener, fields)
    _set_extensions(run, listener, fields)
    return listener


def _change(run: Run, balancer: LoadBalancer, fields: dict[str, Any], stored: Entry) -> Listener:
    protocol = fields.get("protocol", stored["protocol"])
    if protocol != stored["protocol"]:
        raise ConflictError(
            _("The listener on port %(port)s is for %(protocol)s, and that is for life.")
            % {"port": stored["port"], "protocol": stored["protocol"]},
            "manifest.protocol-fixed",
            field="protocol",
            way_out=_("Declare the new one on another port, or delete the old one first."),
        )
    listener = balancer.listeners.get(port=stored["port"], protocol=protocol)
    settings = {name: value for name, value in fields.items() if name not in (*_CERTIFICATES, *_OWN)}
    services.update_listener(run.actor, listener.pk, **settings)
    _change_certificates(run, listener, fields)
    if "tags" in fields:
        services.replace_tags(run.actor, "listener", listener.pk, tags=fields["tags"])
    if "desired" in fields:
        _set_desired(run, listener, fields["desired"])
    return listener


def _set_desired(run: Run, listener: Listener, desired: str) -> None:
    values = Listener.Desired.values
    rules.check_choice(desired, values, "desired", _("The desired state"), "listener.desired-invalid")
    start = desired == Listener.Desired.RUNNING
    (services.start_listener if start else services.stop_listener)(run.actor, listener.pk)


def _change_certificates(run: Run, listener: Listener, fields: dict[str, Any]) -> None:
    """Take off first what is not declared, so that limits and names are free for what is."""
    _set_additional(run, listener, fields, only_remove=True)
    _set_extensions(run, listener, fields, only_remove=True)
    if fields.get("certificate_id"):
        services.change_default_certificate(run.actor, listener.pk, certificate_id=fields["certificate_id"])
    _set_additional(run, listener, fields)
    _set_extensions(run, listener, fields)
    _set_authentication(run, listener, fields)


def _set_authentication(run: Run, listener: Listener, fields: dict[str, Any]) -> None:
    names = ("mutual_authentication", "mutual_authentication_mode", "ca_certificate_id")
    if any(name in fields for name in names):
        stored = Listener.objects.get(pk=listener.pk)
        enabled = fields.get("mutual_authentication", stored.mutual_authentication)
        if enabled or stored.mutual_authentication or fields.get("mutual_authentication_mode"):
            services.set_mutual_authentication(
                run.actor,
                listener.pk,
                enabled=enabled,
                mode=fields.get("mutual_authentication_mode"),
                ca_certificate_id=fields.get("ca_certificate_id"),
            )


def _set_additional(run: Run, listener: Listener, fields: dict[str, Any], *, only_remove: bool = False) -> None:
    """Have just the additional certificates that are declared, in as many operations as their limit asks for."""
    if "additional_certificate_ids" not in fields:
        return
    wanted = list(dict.fromkeys(fields["additional_certificate_ids"]))
    there = list(
        listener.bindings.filter(role=Binding.Role.ADDITIONAL, domain="").values_list("certificate_id", flat=True)
    )
    most = limits.limit_for(listener.load_balancer, "certificates_per_operation").value
    with at("additional_certificates"):
        for gone in portions([each for each in there if each not in wanted], most):
            services.remove_additional_certificates(run.actor, listener.pk, certificate_ids=gone)
        for fresh in portions([each for each in wanted if each not in there and not only_remove], most):
            services.add_additional_certificates(run.actor, listener.pk, certificate_ids=fresh)


def _set_extensions(run: Run, listener: Listener, fields: dict[str, Any], *, only_remove: bool = False) -> None:
    """Have just the domain extensions that are declared."""
    if "domain_extensions" not in fields:
        return
    wanted = {each.domain.lower(): each for each in fields["domain_extensions"]}
    there = dict(listener.bindings.exclude(domain="").values_list("domain", "certificate_id"))
    most = limits.limit_for(listener.load_balancer, "certificates_per_operation").value
    with at("domain_extensions"):
        for gone in portions([domain for domain in there if domain not in wanted], most):
            services.remove_domain_extensions(run.actor, listener.pk, domains=gone)
        if only_remove:
            return
        for domain, each in wanted.items():
            if domain in there and there[domain] != each.certificate_id:
                services.change_domain_extension(
                    run.actor, listener.pk, domain=domain, certificate_id=each.certificate_id
                )
        for fresh in portions([each for domain, each in wanted.items() if domain not in there], most):
            services.add_domain_extensions(run.actor, listener.pk, extensions=fresh)


def prune(run: Run, *, announced: bool) -> None:
    """Delete the listeners that are not declared of load balancers that are; QUIC listeners, once nobody names them."""
    for key in sorted(run.stored.listeners.keys() - run.wanted.listeners.keys()):
        name, port, transport = key
        is_quic = run.stored.listeners[key]["protocol"] == Listener.Protocol.QUIC
        if name in run.wanted.balancers and is_quic == announced:
            listener = Listener.objects.get(load_balancer__name=name, port=port, transport=transport)
            with at("load_balancers"):
                services.delete_listener(run.actor, listener.pk)
