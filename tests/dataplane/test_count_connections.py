"""Connections that ended, counted by what became of them."""

import pytest

from dataplane.accesslog import AccessLog, ProbeSources, Totals
from dataplane.failures import failure_reason
from dataplane.xds.accesslog import Connection

TLS_ERROR = "TLS_error:|268435581:SSL routines:OPENSSL_internal:"
VERIFY = TLS_ERROR + "CERTIFICATE_VERIFY_FAILED:verify cert failed: X509_verify_cert: certificate verification error"


def connection(**fields: object) -> Connection:
    """Return a connection that succeeded, but for what is given."""
    usual: dict[str, object] = {
        "client_address": "192.0.2.7",
        "client_port": 40000,
        "started_at": 0.0,
        "seconds": 0.2,
        "server_name": "a.test",
        "tls_version": "TLSv1.3",
        "failure": "",
        "server_failure": "",
        "server": "192.0.2.9:9000",
        "flags": (),
        "bytes_received": 10,
        "bytes_sent": 20,
    }
    return Connection(**{**usual, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ("", ""),
        (TLS_ERROR + "PEER_DID_NOT_RETURN_A_CERTIFICATE:TLS_error_end", "no-client-certificate"),
        (VERIFY + " at depth 0: certificate has expired:TLS_error_end", "certificate-expired"),
        (VERIFY + " at depth 0: certificate is not yet valid:TLS_error_end", "certificate-not-yet-valid"),
        (VERIFY + " at depth 0: unable to get local issuer certificate:TLS_error_end", "unknown-ca"),
        (VERIFY + " at depth 0: self-signed certificate:TLS_error_end", "unknown-ca"),
        (VERIFY + " at depth 0: unsupported certificate purpose:TLS_error_end", "certificate-purpose"),
        (VERIFY + " at depth 0: something new:TLS_error_end", "certificate-refused"),
        (TLS_ERROR + "UNSUPPORTED_PROTOCOL:TLS_error_end", "protocol-version"),
        (TLS_ERROR + "NO_SHARED_CIPHER:TLS_error_end", "no-shared-cipher"),
        (TLS_ERROR + "HTTP_REQUEST:TLS_error_end", "not-tls"),
        (TLS_ERROR + "TLSV1_ALERT_UNKNOWN_CA:TLS_error_end", "refused-by-client"),
        (TLS_ERROR + "SOMETHING_NEW:TLS_error_end", "tls-error"),
    ],
)
def test_failure_has_a_stable_reason(failure: str, reason: str) -> None:
    assert failure_reason(connection(failure=failure)) == reason


def test_connections_without_a_handshake_are_told_apart_by_how_long_they_lasted() -> None:
    assert failure_reason(connection(tls_version="", seconds=0.1)) == "client-closed"
    assert failure_reason(connection(tls_version="", seconds=5.0)) == "handshake-timeout"
    assert failure_reason(connection(tls_version="", flags=("rate_limited",))) == "connection-limit"


def test_handshake_without_a_server_counts_as_both() -> None:
    log = AccessLog(ProbeSources())
    log.record("lsn-1", [connection(flags=("no_healthy_upstream",)), connection()])
    assert log.totals["lsn-1"].handshakes == 2
    assert log.totals["lsn-1"].failures == {"no-server": 1}
    assert (log.totals["lsn-1"].bytes_received, log.totals["lsn-1"].bytes_sent) == (20, 40)


def test_own_handshake_counts_once_in_nothing() -> None:
    probes = ProbeSources()
    probes.announce(("192.0.2.7", 40000))
    log = AccessLog(probes)
    log.record("lsn-1", [connection()])
    assert log.totals == {}
    log.record("lsn-1", [connection()])  # the same place, used by a client later
    assert log.totals["lsn-1"].handshakes == 1


def test_totals_go_on_from_what_was_kept() -> None:
    log = AccessLog(ProbeSources())
    log.record("lsn-1", [connection()])
    kept = Totals(handshakes=10, bytes_received=5)
    kept.failures["not-tls"] = 3
    log.seed({"lsn-1": kept})
    assert log.totals["lsn-1"].handshakes == 11
    assert log.totals["lsn-1"].failures == {"not-tls": 3}
    assert log.totals["lsn-1"].bytes_received == 15
