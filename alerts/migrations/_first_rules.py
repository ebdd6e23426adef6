"""The contact group and the alert rules that every installation begins with."""

from console.ids import alert_rule_id, contact_group_id

DAY = 24
AUTHORITY_THRESHOLDS = [365 * DAY, 180 * DAY, 90 * DAY, 30 * DAY, 7 * DAY, DAY, 0]
THRESHOLDS = [30 * DAY, 7 * DAY, DAY, 0]


def lay_first_rules(apps, schema_editor):
    """Make the default group of all channels, and the two rules that tell it."""
    group = apps.get_model("alerts", "ContactGroup").objects.create(
        id=contact_group_id(), name="Everyone", is_default=True, created_by="system"
    )
    group.channels.set(apps.get_model("alerts", "Channel").objects.all())
    _rule(apps, group, "Private authorities", 1, AUTHORITY_THRESHOLDS, subject_kinds=["authority"])
    _rule(apps, group, "Everything else", 2, THRESHOLDS, is_default=True)


def _rule(apps, group, name, position, thresholds, **scope):
    rule = apps.get_model("alerts", "AlertRule").objects.create(
        id=alert_rule_id(), name=name, position=position, thresholds_hours=thresholds, created_by="system", **scope
    )
    apps.get_model("alerts", "AlertStep").objects.create(rule=rule, group=group, after_hours=0)
