"""REST: alert rules, what they hold, and what would be told at another time."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status
from pydantic import AwareDatetime

from access.actors import actor_of
from access.rest import expected_revision, whole, with_etag
from alerts.forecast.time_travel import Forecast, checked_span, forecast
from alerts.models import AlertRule
from alerts.rules.fields import StepInput
from alerts.schemas import rules as schemas
from alerts.selectors.rules import Preview, alert_rules, preview, rule_by_id
from alerts.services import rules

router = Router(tags=["alerts"])
SHOWN = 100


@router.get("/alert-rules", response=schemas.RulePage, operation_id="listAlertRules")
def list_rules(request: HttpRequest) -> dict[str, object]:
    """List the alert rules in the order in which they are asked."""
    return whole(list(alert_rules()))


@router.post("/alert-rules", response={201: schemas.AlertRuleOut}, operation_id="createAlertRule")
def create_rule(request: HttpRequest, response: HttpResponse, body: schemas.AlertRuleIn) -> Status[AlertRule]:
    """Create an alert rule, the last before the default one."""
    rule = rules.create_rule(actor_of(request), **_given(body))
    return Status(201, _read(response, rule))


@router.get("/alert-rules/{rule_id}", response=schemas.AlertRuleOut, operation_id="getAlertRule")
def get_rule(request: HttpRequest, response: HttpResponse, rule_id: str) -> AlertRule:
    """Return an alert rule."""
    return with_etag(response, rule_by_id(rule_id))


@router.patch("/alert-rules/{rule_id}", response=schemas.AlertRuleOut, operation_id="updateAlertRule")
def update_rule(request: HttpRequest, response: HttpResponse, rule_id: str, body: schemas.RuleChange) -> AlertRule:
    """Change an alert rule. The ledger follows at once: what is muted is told no more."""
    rule = rules.update_rule(actor_of(request), rule_id, expected_revision=expected_revision(request), **_given(body))
    return _read(response, rule)


@router.post("/alert-rules/{rule_id}/move", response=schemas.AlertRuleOut, operation_id="moveAlertRule")
def move_rule(request: HttpRequest, response: HttpResponse, rule_id: str, body: schemas.RuleMove) -> AlertRule:
    """Give an alert rule another place; the first enabled rule that holds a subject decides."""
    rule = rules.move_rule(actor_of(request), rule_id, body.position, expected_revision=expected_revision(request))
    return _read(response, rule)


@router.delete("/alert-rules/{rule_id}", response={204: None}, operation_id="deleteAlertRule")
def delete_rule(request: HttpRequest, rule_id: str) -> Status[None]:
    """Delete an alert rule; the rules after it decide on what it held."""
    rules.delete_rule(actor_of(request), rule_id, expected_revision=expected_revision(request))
    return Status(204, None)


@router.get("/alert-rules/{rule_id}/held", response=schemas.AlertRulePreview, operation_id="previewAlertRule")
def preview_rule(request: HttpRequest, rule_id: str) -> Preview:
    """Return what an alert rule decides on now among certificates, authorities and chains, and what it tells next."""
    rule_by_id(rule_id)
    return preview(rule_id, timezone.now(), SHOWN)


@router.get("/alert-forecast", response=schemas.ForecastOut, operation_id="forecastAlerts")
def forecast_alerts(request: HttpRequest, ends_at: AwareDatetime, begins_at: AwareDatetime | None = None) -> Forecast:
    """Return each message that would go out until `ends_at`, and to whom, if nothing were mended before.

    Begins now, or at `begins_at`. Times are exact to the period of the scan.
    """
    now = timezone.now()
    begin, end = checked_span(begins_at or now, ends_at, now)
    return forecast(begin, end, now)


def _read(response: HttpResponse, rule: AlertRule) -> AlertRule:
    return with_etag(response, rule_by_id(rule.pk))


def _given(body: schemas.AlertRuleIn | schemas.RuleChange) -> dict[str, Any]:
    """Return what a body names, for the service; null stands for left out."""
    given = {name: value for name, value in body.model_dump(exclude={"steps"}).items() if value is not None}
    steps = None if body.steps is None else [StepInput(**step.model_dump()) for step in body.steps]
    return given | {"steps": steps}
