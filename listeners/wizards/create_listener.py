"""The Create listener wizard: steps by product and protocol, that end in one call of ``create_listener``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import DomainError, InvalidInputError
from listeners.legality import default_protocol, refuse_group, refuse_mutual_authentication, refuse_protocol
from listeners.listener_forms import (
    ConfigureCertificateForm,
    ConfigureListenerForm,
    Scope,
    ScopedForm,
    SelectServerGroupForm,
)
from listeners.models import Binding, Listener, LoadBalancer
from listeners.models.load_balancer import Product
from listeners.ports import refuse_taken_ports
from listeners.products import ENCRYPTED, features_of, transport_of
from listeners.services.binding_rules import certificate_for
from listeners.services.bindings import additional_certificates_for
from listeners.services.links import required_group
from listeners.services.listener_values import checked
from listeners.wizards.drafts import Draft


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the wizard; the last has no form."""

    id: str
    title: "str | Promise"
    form: type[ScopedForm] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the step's inputs: all that a draft keeps of it."""
        return tuple(self.form.base_fields) if self.form else ()


LISTENER = Step("listener", gettext_lazy("Configure Listener"), ConfigureListenerForm)
CERTIFICATE = Step("certificate", gettext_lazy("Configure SSL Certificate"), ConfigureCertificateForm)
SERVER_GROUP = Step("server-group", gettext_lazy("Select Server Group"), SelectServerGroupForm)
CONFIRM = Step("confirm", gettext_lazy("Confirm"))

# The titles as the documents of each product have them.
STEPS: Mapping[str, tuple[Step, ...]] = MappingProxyType(
    {
        Product.NLB: (LISTENER, CERTIFICATE, SERVER_GROUP, CONFIRM),
        Product.ALB: (LISTENER, CERTIFICATE, SERVER_GROUP, Step("confirm", gettext_lazy("Configuration Review"))),
        Product.CLB: (
            Step("listener", gettext_lazy("Protocol and Listener"), ConfigureListenerForm),
            Step("certificate", gettext_lazy("SSL Certificates"), ConfigureCertificateForm),
            Step("server-group", gettext_lazy("Backend Servers"), SelectServerGroupForm),
            CONFIRM,
        ),
    }
)

STEP_IDS = frozenset({LISTENER.id, CERTIFICATE.id, SERVER_GROUP.id, CONFIRM.id})

# What narrows a choice and is no part of the listener.
SHOWN_ONLY = frozenset({"ca_source", "ca_repository_id"})
_OF_MUTUAL = frozenset({"ca_certificate_id", "mutual_authentication_mode"})  # nothing without the switch
PROTOCOL = "protocol"  # kept in the draft beside the first step's fields


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk through the wizard: the load balancer, what was typed so far, and the steps that follow from it."""

    balancer: LoadBalancer
    draft: Draft
    judged: dict[str, ScopedForm] = field(default_factory=dict)  # by step: each is built and judged once

    @property
    def protocol(self) -> str:
        """The chosen protocol; before any is chosen the load balancer's encrypted one."""
        offered = features_of(self.balancer).protocols
        data = self.draft.data(LISTENER.id)
        chosen = data.get(PROTOCOL, "") if data else ""
        return chosen if chosen in offered else default_protocol(self.balancer)

    @property
    def scope(self) -> Scope:
        """What the forms are about."""
        return Scope(self.balancer, self.protocol)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of this product and protocol; a listener that redirects every request has no server group."""
        left_out = set() if self.protocol in ENCRYPTED else {CERTIFICATE.id}
        data = self.draft.data(LISTENER.id)
        if data and data.get("redirect_port") and "redirect_port" in self.scope.settings:
            left_out.add(SERVER_GROUP.id)
        return tuple(step for step in STEPS[self.balancer.product] if step.id not in left_out)

    def step(self, step_id: str) -> Step | None:
        """Return a step by its id; None when this walk has no such step."""
        return next((step for step in self.steps if step.id == step_id), None)

    def neighbour(self, step: Step, offset: int) -> Step:
        """Return the step ``offset`` places on, staying inside the wizard."""
        steps = self.steps
        return steps[min(max(steps.index(step) + offset, 0), len(steps) - 1)]

    def switch(self, protocol: str) -> None:
        """Choose another protocol: what it has no setting for, or another range, is forgotten."""
        refuse_protocol(self.balancer, protocol)
        before = self.scope.settings
        self.draft.put(LISTENER.id, PROTOCOL, protocol)
        after = self.scope.settings
        self.draft.forget(LISTENER.id, (set(LISTENER.fields) - after - {"port"}) | {"idle_timeout_seconds"})
        for name in (after - before) & set(LISTENER.fields):
            if ConfigureListenerForm.base_fields[name].initial is True:  # a box that was not there is no box unticked
                self.draft.put(LISTENER.id, name, "on")
        self.draft.forget(SERVER_GROUP.id, SERVER_GROUP.fields)  # another protocol takes other server groups

    def shown_form(self, step: Step) -> ScopedForm | None:
        """Return the step's form with what was typed before, unjudged."""
        if step.form is None:
            return None
        data = self.draft.data(step.id)
        form = step.form(scope=self.scope)
        if data is not None:
            given = {name: each.widget.value_from_datadict(data, {}, name) for name, each in form.fields.items()}
            form.initial = {name: value for name, value in given.items() if value is not None}
        return form

    def judged_form(self, step: Step) -> ScopedForm:
        """Return the step's form bound to what was typed, so that it carries its errors."""
        if step.form is None:
            raise ValueError(step.id)
        if step.id not in self.judged:
            self.judged[step.id] = step.form(self.draft.data(step.id) or {}, scope=self.scope)
        return self.judged[step.id]

    def checked_form(self, step: Step) -> ScopedForm:
        """Return the judged form with what the services would refuse of it, so that it is said at once."""
        form = self.judged_form(step)
        if form.is_valid() and step.id in CHECKS:
            try:
                CHECKS[step.id](self.scope, form.cleaned_data)
            except DomainError as error:
                form.refuse(error)
        return form

    def first_unfinished(self, before: Step) -> Step | None:
        """Return the first step ahead of ``before`` that lacks a valid answer."""
        ahead = self.steps[: self.steps.index(before)]
        return next((step for step in ahead if not self.judged_form(step).is_valid()), None)

    def answers(self) -> dict[str, Any]:
        """Return the values of every step, as ``create_listener`` takes them; each step must be valid."""
        values: dict[str, Any] = {PROTOCOL: self.protocol}
        for step in self.steps[:-1]:
            form = self.judged_form(step)
            form.is_valid()
            values |= form.cleaned_data
        values = {name: None if value == "" and name.endswith("_id") else value for name, value in values.items()}
        left_out = SHOWN_ONLY if values.get("mutual_authentication") else SHOWN_ONLY | _OF_MUTUAL
        return {name: value for name, value in values.items() if name not in left_out}

    def step_of_field(self, name: str) -> Step | None:
        """Return the step that asks for the field; None for an error of the whole."""
        return next((step for step in self.steps if name in step.fields), None)


def _check_listener(scope: Scope, values: Mapping[str, Any]) -> None:
    checked(scope.balancer, scope.protocol, {name: value for name, value in values.items() if name != "port"})
    refuse_taken_ports(scope.balancer.bind_address, [values["port"]], transport=transport_of(scope.protocol))


def _check_certificates(scope: Scope, values: Mapping[str, Any]) -> None:
    default, additional = values["certificate_id"], values.get("additional_certificate_ids", ())
    certificate = certificate_for(Binding.Role.DEFAULT, default, "certificate_id", scope.balancer)
    if default in additional:
        raise InvalidInputError(
            _("“%(name)s” is the default certificate already.") % {"name": certificate},
            "listener.certificate-already-bound",
            field="additional_certificate_ids",
            way_out=_("Leave it out here, or choose another default certificate."),
        )
    if additional:
        listener = Listener(load_balancer=scope.balancer, protocol=scope.protocol)
        additional_certificates_for(listener, additional, "additional_certificate_ids")
    if values.get("mutual_authentication"):
        refuse_mutual_authentication(scope.balancer, scope.protocol)
        certificate_for(Binding.Role.CA, values["ca_certificate_id"], "ca_certificate_id", scope.balancer)


def _check_server_group(scope: Scope, values: Mapping[str, Any]) -> None:
    listener = Listener(load_balancer=scope.balancer, protocol=scope.protocol)
    refuse_group(scope.balancer, listener, required_group(values["server_group_id"]))


CHECKS: Mapping[str, Callable[[Scope, Mapping[str, Any]], None]] = {
    LISTENER.id: _check_listener,
    CERTIFICATE.id: _check_certificates,
    SERVER_GROUP.id: _check_server_group,
}
