"""Wait between two looks at something that a server is busy with."""

import time

from django.utils import timezone
from django.utils.translation import gettext as _

from renewals.acme.network import Network
from renewals.leases import Lease
from renewals.problems import AttemptFailedError

FIRST_SECONDS = 0.25
LONGEST_SECONDS = 5.0


class Pause:
    """Pauses that grow, as long as the server wishes, and end with the attempt's time."""

    def __init__(self, deadline: float, network: Network, lease: Lease) -> None:
        self._deadline = deadline
        self._network = network
        self._lease = lease
        self._seconds = FIRST_SECONDS

    def wait(self) -> None:
        """Wait once; raise AttemptFailedError when the attempt's time is over."""
        wished = self._network.wait_until
        seconds = max(self._seconds, (wished - timezone.now()).total_seconds() if wished else 0)
        if time.monotonic() + seconds > self._deadline:
            raise AttemptFailedError(
                _("The server was not ready in the time of one attempt."),
                "renewal.too-slow",
                way_out=_("The order goes on with the next attempt."),
                wait_until=wished,
            )
        self._lease.hold(seconds)
        time.sleep(seconds)
        self._seconds = min(self._seconds * 2, LONGEST_SECONDS)
