"""What is usual among a listener's handshakes, and what was seen last."""

from django.db import models

from listeners.models import Listener


class HandshakeWatch(models.Model):
    """One listener's handshakes: its counters at the last look, what they had grown by, and what is usual."""

    listener = models.OneToOneField(Listener, primary_key=True, on_delete=models.CASCADE, related_name="+")
    looked_at = models.DateTimeField()
    completed = models.BigIntegerField(default=0)  # counters over all nodes, since the listener exists
    failed = models.BigIntegerField(default=0)
    recent_completed = models.BigIntegerField(default=0)  # between the last look and the one before
    recent_failed = models.BigIntegerField(default=0)
    usual_completed = models.FloatField(default=0)  # sums in which the past fades
    usual_failed = models.FloatField(default=0)
    jumped_since = models.DateTimeField(null=True)  # while many more fail than usual

    def __str__(self) -> str:
        return f"{self.listener_id}: {self.recent_failed} of {self.recent_completed + self.recent_failed} failed"
