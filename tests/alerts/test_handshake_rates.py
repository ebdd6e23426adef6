"""When the share of failed handshakes counts as a jump."""

import pytest

from alerts.sources.handshake_rates import Counts, failed_handshakes, has_jumped, is_over, next_usual

QUIET = Counts(10_000, 100)


@pytest.mark.parametrize(
    ("recent", "usual", "jumped"),
    [
        (Counts(100, 60), QUIET, True),
        (Counts(0, 49), QUIET, False),  # too few to say anything
        (Counts(1_000, 200), QUIET, False),  # less than a fifth
        (Counts(100, 60), Counts(700, 300), False),  # it is always like that
        (Counts(0, 50), Counts(0, 0), True),  # a new listener that nobody gets through to
        (Counts(0, 0), Counts(0, 0), False),
    ],
)
def test_jump_takes_many_failures_a_large_share_and_more_than_usual(
    recent: Counts, usual: Counts, jumped: bool
) -> None:
    assert has_jumped(recent, usual) is jumped


def test_it_is_over_when_hardly_any_fails() -> None:
    assert is_over(Counts(1_000, 50))
    assert is_over(Counts(0, 9))
    assert not is_over(Counts(100, 20))


def test_past_fades_from_what_is_usual() -> None:
    usual = Counts(1_000, 1_000)
    for _window in range(2 * 288):
        usual = next_usual(usual, Counts(100, 0))
    assert usual.share < 0.01


def test_strangers_limits_and_dead_servers_are_no_failed_handshakes() -> None:
    assert failed_handshakes({"not-tls": 9, "connection-limit": 9, "no-server": 9, "client-closed": 9}) == 0
    assert failed_handshakes({"unknown-ca": 2, "not-tls": 9, "handshake-timeout": 1}) == 3
