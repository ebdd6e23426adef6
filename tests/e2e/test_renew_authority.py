"""A private authority is renewed: its listeners follow, and clients of before and after are let in."""

import datetime as dt

import time_machine
from django.utils import timezone

from authorities.models import Authority
from authorities.selectors import current_version
from tests.authorities.rows import issue_client, issued_of, make_root
from tests.certs import DAY, make_leaf
from tests.e2e.clients import refusal, round_trip
from tests.e2e.conftest import Backend
from tests.e2e.site import Site, serve
from tests.waiting import wait_until

# Enough to have a listener trust the authority; then the authority is over.
LEFT = dt.timedelta(seconds=20)


def test_listener_follows_a_renewed_authority(site: Site, backend: Backend) -> None:
    with time_machine.travel(timezone.now() - DAY + LEFT):
        root = make_root("Clients", days=1)
    before = make_leaf("before.test", issuer=issued_of(current_version(root)), client=True)
    listener = serve(backend.port, mutual_authentication=True, ca_certificate_id=root.certificate_id)
    wait_until(lambda: "CERTIFICATE_EXPIRED" in refusal(listener.port, client=before))
    done = site.command("authority", "renew", root.pk, "--days", "100")
    assert done.returncode == 0, done.stderr
    after = issued_of(issue_client(Authority.objects.get(pk=root.pk), days=30).version)
    wait_until(lambda: not refusal(listener.port, client=after))
    for client in (before, after):
        assert round_trip(listener.port, client=client)
