"""When the server wishes the renewal (RFC 9773).

Debian's Pebble has no renewal information. A small server of the test stands in front of it: it adds ``renewalInfo`` to
the directory, answers that itself, and hands everything else through. What is asked, how the certificate is named and
what is done with the answer is real; the wish itself is the test's.
"""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography import x509
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from renewals.acme.information import certificate_id
from renewals.models import AcmeAccount, Attempt, Renewal
from renewals.running import run_due
from tests.renewals.pebble import Pebble
from tests.renewals.rows import make_renewal
from tests.renewals.servers import Answer, forwarded, serving, upstream

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)
# RFC 9773, appendix A.
EXAMPLE = """-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
"""


class Wishes:
    """What the server in front says, and what it was asked."""

    def __init__(self) -> None:
        self.window = (timezone.now() + 10 * DAY, timezone.now() + 11 * DAY)
        self.headers = {"Retry-After": "3600"}
        self.status = 200
        self.asked: list[str] = []
        self.replaced: list[str] = []

    def answer(self, path: str) -> Answer:
        """Return the window."""
        self.asked.append(path.rpartition("/")[2])
        start, end = (moment.isoformat().replace("+00:00", "Z") for moment in self.window)
        body = json.dumps({"suggestedWindow": {"start": start, "end": end}}).encode()
        return Answer(self.status, body, self.headers)


@contextmanager
def in_front(pebble: Pebble, wishes: Wishes) -> Iterator[None]:
    """Have every account's directory be the server in front."""
    with upstream(pebble.ca_pem) as client:

        def handle(method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
            if path.startswith("/renewal-info/"):
                return wishes.answer(path)
            directory = client.get(pebble.directory_url).json()
            own = headers["Host"]
            return Answer(body=json.dumps({**directory, "renewalInfo": f"http://{own}/renewal-info"}).encode())

        with serving(handle) as url:
            AcmeAccount.objects.update(directory_url=f"{url}/dir")
            yield


@pytest.fixture
def renewal(pebble: Pebble, live_server: LiveServer) -> Iterator[Renewal]:
    made = make_renewal(pebble)
    with forwarded(pebble.http_port, live_server.url):
        yield made


def test_certificate_is_named_as_the_rfc_s_example() -> None:
    certificate = x509.load_pem_x509_certificate(EXAMPLE.encode())
    assert certificate_id(certificate) == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"


def test_window_is_followed_asked_again_and_brought_forward(pebble: Pebble, renewal: Renewal) -> None:
    wishes = Wishes()
    with in_front(pebble, wishes):
        (attempt,) = run_due(60)
        assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
        assert list(run_due(60)) == []
        renewal.refresh_from_db()
        assert renewal.certificate
        assert renewal.certificate.current_version
        leaf = x509.load_pem_x509_certificate(renewal.certificate.current_version.leaf_pem.encode())
        assert wishes.asked == [certificate_id(leaf)]
        assert renewal.next_attempt_at
        assert wishes.window[0] <= renewal.next_attempt_at <= wishes.window[1]
        drawn = renewal.next_attempt_at
        assert renewal.next_information_at
        assert renewal.next_information_at < timezone.now() + 2 * dt.timedelta(hours=1)
        assert list(run_due(60)) == []
        assert len(wishes.asked) == 1  # not before its time
        Renewal.objects.update(next_information_at=timezone.now())
        assert list(run_due(60)) == []
        renewal.refresh_from_db()
        assert renewal.next_attempt_at == drawn  # the same wish leaves the plan as it is
        # The authority has to revoke: the window has begun. As if the last renewal were two days ago.
        wishes.window = (timezone.now() - DAY, timezone.now() - DAY / 2)
        Renewal.objects.update(next_information_at=timezone.now(), renewed_at=timezone.now() - 2 * DAY)
        (again,) = run_due(60)
        assert again.outcome == Attempt.Outcome.ISSUED, again.problem


def test_server_without_an_answer_leaves_the_plan_as_it_is(pebble: Pebble, renewal: Renewal) -> None:
    wishes = Wishes()
    with in_front(pebble, wishes):
        wishes.status = 503
        list(run_due(60))
        assert list(run_due(60)) == []
    renewal.refresh_from_db()
    assert wishes.asked
    assert renewal.window_start is None
    assert renewal.next_attempt_at
    assert renewal.next_attempt_at > timezone.now() + 30 * DAY
    assert renewal.next_information_at
    assert renewal.next_information_at > timezone.now() + DAY / 5
