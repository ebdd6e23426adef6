"""Which clients the access log tells of, and why each would be refused."""

import dataclasses
import datetime as dt
from urllib.parse import quote

import pytest
from cryptography import x509

from dataplane.client_verification import Trust, refusal_of
from dataplane.clients import MOST_PENDING, Asked, ClientWatch, Judge, Judged, sighting_of
from dataplane.xds.accesslog import Connection
from tests.certs import DAY, Issued, make_ca, make_leaf, make_list

NOW = dt.datetime.now(dt.UTC)
ROOT = make_ca()
MIDDLE = make_ca("Middle", issuer=ROOT)
GOOD = make_leaf("good.test", issuer=ROOT, client=True)
EXPIRED = make_leaf("old.test", issuer=ROOT, client=True, not_before=NOW - 9 * DAY, not_after=NOW - DAY)
EARLY = make_leaf("new.test", issuer=ROOT, client=True, not_before=NOW + DAY)
STRANGER = make_leaf("stranger.test", issuer=make_ca("Others"), client=True)
ALONE = make_leaf("alone.test", client=True)
SERVER = make_leaf("server.test", issuer=ROOT)
BELOW = make_leaf("below.test", issuer=MIDDLE, client=True)
REVOKED = make_leaf("revoked.test", issuer=ROOT, client=True)
TRUST = Trust((ROOT.certificate,))
CONNECTION = Connection(
    client_address="192.0.2.1",
    client_port=1,
    started_at=NOW.timestamp(),
    seconds=1,
    server_name="",
    tls_version="TLSv1.3",
    failure="",
    server_failure="",
    server="",
    flags=(),
    bytes_received=0,
    bytes_sent=0,
)


def listed(*revoked: Issued, issuer: Issued = ROOT) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(make_list(issuer, *revoked, this_update=NOW - DAY))


def shown(client: Issued | None, verdict: str = "", failure: str = "") -> Connection:
    if client is None:
        return dataclasses.replace(CONNECTION, client_verdict=verdict, failure=failure)
    return dataclasses.replace(
        CONNECTION,
        client_sha256=client.sha256,
        client_certificate=quote(client.pem.decode()),
        client_verdict=verdict,
        failure=failure,
    )


def judged(*connections: Connection, observes: bool = True, trust: Trust = TRUST) -> list[Judged]:
    watch = ClientWatch()
    for connection in connections:
        watch.record("lsn-1", connection)
    return Judge().judge(watch.take(), {"lsn-1": Asked("v1", trust, observes)}, NOW)


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        (GOOD, ""),
        (EXPIRED, "certificate-expired"),
        (EARLY, "certificate-not-yet-valid"),
        (STRANGER, "unknown-ca"),
        (ALONE, "unknown-ca"),
        (SERVER, "certificate-purpose"),
        (BELOW, "unknown-ca"),
    ],
)
def test_client_is_refused_for_the_reason_that_the_engine_would_give(client: Issued, reason: str) -> None:
    assert refusal_of(client.certificate, TRUST, NOW) == reason


def test_revoked_client_is_refused_and_the_others_are_not() -> None:
    trust = Trust((ROOT.certificate,), (listed(REVOKED),))
    assert refusal_of(REVOKED.certificate, trust, NOW) == "certificate-revoked"
    assert refusal_of(GOOD.certificate, trust, NOW) == ""


def test_purpose_counts_before_dates_and_the_authority_before_both() -> None:
    old = make_leaf("both.test", issuer=ROOT, not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    assert refusal_of(old.certificate, TRUST, NOW) == "certificate-purpose"
    assert refusal_of(make_leaf("alone.test").certificate, TRUST, NOW) == "unknown-ca"


def test_intermediate_can_be_what_is_trusted() -> None:
    assert refusal_of(BELOW.certificate, Trust((MIDDLE.certificate,)), NOW) == ""


def test_revoked_intermediate_counts_where_the_whole_chain_is_checked() -> None:
    lists = (listed(issuer=MIDDLE), listed(MIDDLE))
    both = (ROOT.certificate, MIDDLE.certificate)
    assert refusal_of(BELOW.certificate, Trust(both, lists, is_whole_chain=True), NOW) == "certificate-revoked"


def test_client_that_the_engine_holds_for_valid_is_valid_whatever_is_known_here() -> None:
    (below,) = judged(shown(BELOW, "SUCCESS"))
    assert below.reason == ""


def test_clients_that_show_nothing_are_one_client() -> None:
    (nobody,) = judged(shown(None, "NONE"), shown(None, "NONE"))
    assert (nobody.sighting.sha256, nobody.reason, nobody.sighting.connections) == ("", "no-client-certificate", 2)


def test_client_is_counted_and_described() -> None:
    (old,) = judged(shown(EXPIRED, "FAILED"), shown(EXPIRED, "FAILED"))
    assert (old.reason, old.sighting.connections) == ("certificate-expired", 2)
    assert old.description
    assert old.description.common_name == "old.test"


def test_what_the_engine_refuses_without_a_reason_known_here_is_refused_all_the_same() -> None:
    (found,) = judged(shown(GOOD, "FAILED"))
    assert found.reason == "certificate-refused"


def test_enforcing_listener_tells_whom_it_let_in_and_whom_it_refused() -> None:
    good, old, nobody = judged(
        shown(BELOW),
        shown(EXPIRED, failure="TLS_error:|CERTIFICATE_VERIFY_FAILED:verify cert failed: certificate has expired"),
        shown(None, failure="TLS_error:|PEER_DID_NOT_RETURN_A_CERTIFICATE"),
        observes=False,
    )
    assert [good.reason, old.reason, nobody.reason] == ["", "certificate-expired", "no-client-certificate"]


def test_connection_that_broke_for_something_else_tells_of_no_client() -> None:
    assert sighting_of("lsn-1", shown(GOOD, failure="TLS_error:|NO_SHARED_CIPHER")) is None
    assert sighting_of("lsn-1", CONNECTION) is None


def test_certificate_that_cannot_be_read_is_refused_and_breaks_nothing() -> None:
    garbage = dataclasses.replace(
        CONNECTION, client_sha256="0" * 64, client_certificate="%00%zz", client_verdict="FAILED"
    )
    (found,) = judged(garbage)
    assert (found.reason, found.description) == ("certificate-refused", None)


def test_certificate_is_judged_again_once_its_dates_or_its_authorities_say_otherwise() -> None:
    judge = Judge()
    seen = [sighting_of("lsn-1", shown(GOOD, "FAILED"))]
    sightings = [each for each in seen if each]

    def reason(version: str, trust: Trust, moment: dt.datetime) -> str:
        return judge.judge(sightings, {"lsn-1": Asked(version, trust, is_observing=True)}, moment)[0].reason

    assert reason("v1", TRUST, NOW) == "certificate-refused"
    assert reason("v1", TRUST, NOW + 100 * DAY) == "certificate-expired"
    assert reason("v2", Trust((MIDDLE.certificate,)), NOW) == "unknown-ca"


def test_what_is_pending_is_bounded_and_put_back_whole() -> None:
    watch = ClientWatch()
    for number in range(MOST_PENDING + 10):
        watch.record("lsn-1", dataclasses.replace(CONNECTION, client_sha256=f"{number:064x}"))
    taken = watch.take()
    assert len(taken) == MOST_PENDING
    watch.record("lsn-1", dataclasses.replace(CONNECTION, client_sha256=f"{0:064x}"))
    watch.put_back(taken)
    again = watch.take()
    assert len(again) == MOST_PENDING
    assert again[0].connections == 2
