"""Forwarding rules of a listener, and the server groups that they send requests to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.ids import rule_id
from listeners.models.listener import Listener
from listeners.models.server_group import ServerGroup


class ForwardingRule(models.Model):
    """What becomes of the requests, or answers, that meet all conditions. The listener's default rule has no row.

    ``conditions`` and ``actions`` are kept as ``listeners.forwarding`` writes them.
    """

    class Direction(models.TextChoices):
        """Whether the rule looks at requests or at answers."""

        REQUEST = "Request", _("Requests")
        RESPONSE = "Response", _("Responses")

    id = models.CharField(primary_key=True, max_length=32, default=rule_id, editable=False)
    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(max_length=128)
    # 1-10000, the lowest is tried first. The rules of a CLB go by what they match and number themselves.
    priority = models.PositiveIntegerField()
    direction = models.CharField(max_length=8, choices=Direction.choices, default=Direction.REQUEST)
    conditions = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    # Of a CLB: its server group is used as the listener uses its own; switched off, it has its own settings.
    follows_listener = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("listener", "direction", "priority")
        constraints = (
            models.UniqueConstraint(fields=("listener", "direction", "priority"), name="rule_priority_once"),
        )

    def __str__(self) -> str:
        return self.name


class RuleServerGroup(models.Model):
    """A server group that an action of a rule names, so that it is not deleted meanwhile."""

    rule = models.ForeignKey(ForwardingRule, on_delete=models.CASCADE, related_name="server_groups")
    server_group = models.ForeignKey(ServerGroup, on_delete=models.PROTECT, related_name="rules")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("rule", "server_group"), name="rule_server_group_once"),)

    def __str__(self) -> str:
        return f"{self.rule_id} to {self.server_group_id}"
