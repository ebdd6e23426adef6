"""What the engine's counters of QUIC become."""

from dataplane.accesslog import AccessLog, ProbeSources
from dataplane.engine.admin import QuicCounters
from dataplane.quic_counts import QuicCounts


def test_growth_is_added_and_what_was_before_the_first_time_is_not() -> None:
    log = AccessLog(ProbeSources())
    counts = QuicCounts(log)
    counts.take({"lsn-1": QuicCounters(10, 1000)})
    assert log.totals == {}
    counts.take({"lsn-1": QuicCounters(13, 1500), "lsn-2": QuicCounters(1, 10)})
    assert (log.totals["lsn-1"].handshakes, log.totals["lsn-1"].bytes_sent) == (3, 500)
    assert (log.totals["lsn-2"].handshakes, log.totals["lsn-2"].bytes_sent) == (1, 10)
    assert log.changed == {"lsn-1", "lsn-2"}


def test_new_engine_counts_from_nothing() -> None:
    log = AccessLog(ProbeSources())
    counts = QuicCounts(log)
    for seen in (QuicCounters(10, 1000), QuicCounters(12, 1200), QuicCounters(1, 50)):
        counts.take({"lsn-1": seen})
    assert (log.totals["lsn-1"].handshakes, log.totals["lsn-1"].bytes_sent) == (3, 250)


def test_our_own_handshakes_are_claimed_once_each() -> None:
    probes = ProbeSources()
    log = AccessLog(probes)
    counts = QuicCounts(log)
    counts.take({})
    for _ in range(3):
        probes.note_quic("lsn-1")
    counts.take({"lsn-1": QuicCounters(2, 0)})
    assert log.totals["lsn-1"].handshakes == 0
    counts.take({"lsn-1": QuicCounters(5, 0)})
    assert log.totals["lsn-1"].handshakes == 2
