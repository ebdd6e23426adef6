"""What TLS versions and cipher suites clients use."""

from django.db import models

from listeners.models.listener import Listener


class ObservedHandshake(models.Model):
    """How many connections to a listener used one version and cipher suite on one day, as one node saw them."""

    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="observed_handshakes")
    node = models.CharField(max_length=128)
    day = models.DateField()  # UTC
    version = models.CharField(max_length=7)
    cipher = models.CharField(max_length=40)  # the name as OpenSSL has it, or the number as 0xC02B
    connections = models.BigIntegerField(default=0)
    last_client = models.GenericIPAddressField(null=True)  # the one that came last
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ("-day", "version", "cipher")
        constraints = (
            models.UniqueConstraint(
                fields=("listener", "node", "day", "version", "cipher"), name="observed_handshake_once"
            ),
        )
        indexes = (models.Index(fields=("day",), name="observed_handshake_day"),)

    def __str__(self) -> str:
        return f"{self.version} {self.cipher} at {self.listener_id} on {self.day}"
