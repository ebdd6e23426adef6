"""Say in words what an alert rule holds, when it tells and whom."""

from django.utils.translation import gettext as _

from alerts.kinds import KINDS
from alerts.models import AlertRule
from alerts.rules.thresholds import written
from certificates.models import Kind
from listeners.models import Product


def scope_words(rule: AlertRule) -> list[str]:
    """Return a phrase for each thing that a rule asks for."""
    if rule.is_default:
        return [_("everything that no rule above holds")]
    found = [str(KINDS[kind].noun) for kind in rule.subject_kinds if kind in KINDS]
    phrases = [", ".join(found)] if found else []
    if rule.certificate_kinds:
        phrases.append(", ".join(str(Kind(kind).label) for kind in rule.certificate_kinds))
    if rule.tag_key:
        phrases.append(
            _("tag %(tag)s") % {"tag": f"{rule.tag_key}={rule.tag_value}" if rule.tag_value else rule.tag_key}
        )
    if rule.owner:
        phrases.append(_("owner %(owner)s") % {"owner": rule.owner})
    if rule.product:
        phrases.append(_("used by a %(product)s") % {"product": Product(rule.product).label})
    if rule.listener_id:
        phrases.append(_("used by the listener %(id)s") % {"id": rule.listener_id})
    if rule.only_unused:
        phrases.append(_("unused"))
    return phrases or [_("everything")]


def thresholds_words(rule: AlertRule) -> str:
    """Return when a rule tells."""
    return _("muted") if rule.mutes else written(rule.thresholds_hours)


def steps_words(rule: AlertRule) -> list[str]:
    """Return whom a rule tells, a phrase for each step."""
    if rule.mutes:
        return []
    phrases = []
    for step in rule.steps.all():
        whom = step.group.name if step.group else _("the owner")
        after = _("%(whom)s after %(hours)s h") % {"whom": whom, "hours": step.after_hours}
        phrases.append(after if step.after_hours else whom)
    return phrases
