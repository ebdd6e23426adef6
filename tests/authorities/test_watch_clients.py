"""Client certificates are listed, searched and watched like all others."""

import pytest
import time_machine
from django.utils import timezone

from alerts.scanning import run_scan
from certificates.selectors import certificates
from events.actor import SYSTEM
from events.models import Notice
from tests.alerts.rows import DAY
from tests.authorities.rows import issue_client, make_root

pytestmark = pytest.mark.django_db


def test_a_client_certificate_is_found_by_kind_name_and_serial_number() -> None:
    authority = make_root()
    issued = issue_client(authority, "Alice", names=("alice@example.test",))
    for found in (
        certificates(kind="client"),
        certificates(query="alice"),
        certificates(query=issued.version.serial),
    ):
        assert list(found) == [issued.certificate]


def test_the_end_of_a_client_certificate_is_told() -> None:
    with time_machine.travel(timezone.now() - 50 * DAY):
        issued = issue_client(make_root(), days=60)
    run_scan(SYSTEM)
    assert Notice.objects.filter(subject_id=issued.certificate.pk).exists()
