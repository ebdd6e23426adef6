"""Writing which clients were seen: counted, judged by what the listener trusts, and bounded."""

import datetime as dt
from urllib.parse import quote

import pytest

from certificates.models import Kind
from certificates.revocation.services import carry_list
from dataplane import client_records
from dataplane.client_records import ClientRecords
from dataplane.clients import Sighting
from dataplane.collect import Selection, collect_all
from dataplane.envoy.compile import compile_snapshot
from listeners import services
from listeners.models import Listener, ObservedClient
from tests.certs import Issued, make_ca, make_leaf, make_list
from tests.factories import OPERATOR, make_ca_certificate, make_listener, store_certificate

pytestmark = pytest.mark.django_db
ROOT = make_ca("Writing")
GOOD, REVOKED = (make_leaf(f"{name}.test", issuer=ROOT, client=True) for name in ("good", "revoked"))
FIRST = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


def observing(authority_id: str) -> Listener:
    return make_listener(
        mutual_authentication=True, mutual_authentication_mode="observe", ca_certificate_id=authority_id
    )


def sighting(listener: Listener, client: Issued | None, *, minute: int = 0, number: int = 0) -> Sighting:
    at = FIRST + dt.timedelta(minutes=minute)
    return Sighting(
        listener_id=listener.pk,
        sha256=f"{number:064x}" if number else client.sha256 if client else "",
        certificate=quote(client.pem.decode()) if client else "",
        verdict="",
        refused="",
        connections=2,
        first_at=at,
        last_at=at,
    )


def write(records: ClientRecords, *sightings: Sighting) -> None:
    snapshot = collect_all(Selection())
    records.write(sightings, snapshot, compile_snapshot(snapshot).listeners)


def reasons(listener: Listener) -> dict[str, str]:
    return dict(ObservedClient.objects.filter(listener=listener).values_list("subject", "reason"))


def test_client_is_written_once_and_counted() -> None:
    listener, records = observing(store_certificate(ROOT, Kind.CA).pk), ClientRecords()
    write(records, sighting(listener, GOOD))
    write(records, sighting(listener, GOOD, minute=5), sighting(listener, None))
    row = ObservedClient.objects.get(listener=listener, sha256=GOOD.sha256)
    assert (row.connections, row.first_seen_at, row.last_seen_at) == (4, FIRST, FIRST + dt.timedelta(minutes=5))
    assert reasons(listener) == {"CN=good.test,O=Test": "", "": "no-client-certificate"}


def test_client_is_judged_by_the_lists_in_force_and_again_when_they_change() -> None:
    authority = store_certificate(ROOT, Kind.CA)
    listener, records = observing(authority.pk), ClientRecords()
    write(records, sighting(listener, REVOKED))
    assert reasons(listener) == {"CN=revoked.test,O=Test": ""}
    carry_list(OPERATOR, authority.pk, source="uploaded", der=make_list(ROOT, REVOKED))
    write(records, sighting(listener, REVOKED))
    assert reasons(listener) == {"CN=revoked.test,O=Test": "certificate-revoked"}


def test_client_is_judged_by_the_authority_that_is_there_now() -> None:
    listener, records = observing(make_ca_certificate().pk), ClientRecords()
    write(records, sighting(listener, GOOD))
    assert reasons(listener) == {"CN=good.test,O=Test": "unknown-ca"}
    services.change_ca_certificate(OPERATOR, listener.pk, ca_certificate_id=store_certificate(ROOT, Kind.CA).pk)
    write(records, sighting(listener, GOOD))
    assert reasons(listener) == {"CN=good.test,O=Test": ""}


def test_listener_that_is_gone_or_asks_no_longer_is_passed_over() -> None:
    gone, off = observing(make_ca_certificate().pk), observing(make_ca_certificate().pk)
    sightings = sighting(gone, GOOD), sighting(off, GOOD)
    services.delete_listener(OPERATOR, gone.pk)
    services.set_mutual_authentication(OPERATOR, off.pk, enabled=False)
    write(ClientRecords(), *sightings)
    assert not ObservedClient.objects.exists()


def test_clients_beyond_the_limit_make_room_the_refused_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_records, "MOST_CLIENTS", 3)
    listener, records = observing(store_certificate(ROOT, Kind.CA).pk), ClientRecords()
    stranger = make_leaf("stranger.test", client=True)
    write(records, sighting(listener, GOOD))
    write(records, *(sighting(listener, stranger, minute=n, number=n) for n in range(1, 6)))
    kept = ObservedClient.objects.filter(listener=listener).order_by("last_seen_at")
    assert [row.sha256 for row in kept] == [GOOD.sha256, f"{4:064x}", f"{5:064x}"]
