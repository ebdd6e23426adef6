"""What a listener and all that hangs on it were after each change."""

from django.db import models

from listeners.models.listener import Listener


class ListenerState(models.Model):
    """A listener with its bindings and rules, as a change left it; one click goes back to it."""

    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="history")
    change_id = models.BigIntegerField()  # of the change feed: who, when, and what in words
    state = models.JSONField()  # as listeners.history writes it
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("listener", "-id"), name="listener_state_newest"),)

    def __str__(self) -> str:
        return f"{self.listener_id} after change {self.change_id}"
