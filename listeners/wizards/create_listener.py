"""The Create Listener wizard: four steps that end in one call of ``create_listener``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import DomainError, InvalidInputError
from console.forms import add_domain_error
from listeners.forms import ConfigureCertificateForm, ConfigureListenerForm, SelectServerGroupForm
from listeners.models import Binding, Listener, LoadBalancer
from listeners.ports import refuse_taken_ports
from listeners.rules import check_listener_name
from listeners.services.binding_rules import certificate_for
from listeners.services.bindings import additional_certificates_for
from listeners.wizards.drafts import Draft


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the wizard; the last has no form."""

    id: str
    title: "str | Promise"
    form: type[forms.Form] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the step's inputs: all that a draft keeps of it."""
        return tuple(self.form.base_fields) if self.form else ()


LISTENER = Step("listener", gettext_lazy("Configure Listener"), ConfigureListenerForm)
CERTIFICATE = Step("certificate", gettext_lazy("Configure SSL Certificate"), ConfigureCertificateForm)
SERVER_GROUP = Step("server-group", gettext_lazy("Select Server Group"), SelectServerGroupForm)
CONFIRM = Step("confirm", gettext_lazy("Confirm"))

STEPS: tuple[Step, ...] = (LISTENER, CERTIFICATE, SERVER_GROUP, CONFIRM)
STEP_BY_ID: Mapping[str, Step] = {step.id: step for step in STEPS}


# What narrows a choice and is no part of the listener.
SHOWN_ONLY = frozenset({"ca_source", "ca_repository_id"})


def neighbour(step: Step, offset: int) -> Step:
    """Return the step ``offset`` places on, staying inside the wizard."""
    return STEPS[min(max(STEPS.index(step) + offset, 0), len(STEPS) - 1)]


def shown_form(draft: Draft, step: Step) -> forms.Form | None:
    """Return the step's form with what was typed before, unjudged."""
    if step.form is None:
        return None
    data = draft.data(step.id)
    if data is None:
        return step.form()
    blank = step.form()
    initial = {name: field.widget.value_from_datadict(data, {}, name) for name, field in blank.fields.items()}
    return step.form(initial=initial)


def judged_form(draft: Draft, step: Step) -> forms.Form:
    """Return the step's form bound to what was typed, so that it carries its errors."""
    if step.form is None:
        raise ValueError(step.id)
    return step.form(draft.data(step.id) or {})


def checked_form(balancer: LoadBalancer, draft: Draft, step: Step) -> forms.Form:
    """Return the judged form with what the services would refuse of it, so that it is said at once."""
    form = judged_form(draft, step)
    if form.is_valid() and step in CHECKS:
        try:
            CHECKS[step](balancer, form.cleaned_data)
        except DomainError as error:
            add_domain_error(form, error)
    return form


def _check_port(balancer: LoadBalancer, values: Mapping[str, Any]) -> None:
    check_listener_name(values["name"])
    refuse_taken_ports(balancer.bind_address, [values["port"]])


def _check_certificates(balancer: LoadBalancer, values: Mapping[str, Any]) -> None:
    default, additional = values["certificate_id"], values["additional_certificate_ids"]
    certificate = certificate_for(Binding.Role.DEFAULT, default, "certificate_id")
    if default in additional:
        raise InvalidInputError(
            _("“%(name)s” is the default certificate already.") % {"name": certificate},
            "listener.certificate-already-bound",
            field="additional_certificate_ids",
            way_out=_("Leave it out here, or choose another default certificate."),
        )
    if additional:
        listener = Listener(load_balancer=balancer)
        additional_certificates_for(listener, additional, "additional_certificate_ids")
    if values["mutual_authentication"]:
        certificate_for(Binding.Role.CA, values["ca_certificate_id"], "ca_certificate_id")


CHECKS: Mapping[Step, Callable[[LoadBalancer, Mapping[str, Any]], None]] = {
    LISTENER: _check_port,
    CERTIFICATE: _check_certificates,
}


def first_unfinished(draft: Draft, before: Step) -> Step | None:
    """Return the first step ahead of ``before`` that lacks a valid answer."""
    for step in STEPS[: STEPS.index(before)]:
        if not judged_form(draft, step).is_valid():
            return step
    return None


def answers(draft: Draft) -> dict[str, Any]:
    """Return the values of every step, as ``create_listener`` takes them; each step must be valid."""
    values: dict[str, Any] = {}
    for step in STEPS[:-1]:
        form = judged_form(draft, step)
        form.is_valid()
        values |= form.cleaned_data
    if not values["mutual_authentication"]:
        values["ca_certificate_id"] = None
    return {name: value for name, value in values.items() if name not in SHOWN_ONLY}


def step_of_field(name: str) -> Step | None:
    """Return the step that asks for the field; None for an error of the whole."""
    return next((step for step in STEPS if name in step.fields), None)
