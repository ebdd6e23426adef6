"""When a certificate is valid."""

import datetime as dt

from certificates.expiry import Validity, days_left, validity

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2026, 12, 31, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def test_the_first_and_the_last_second_count() -> None:
    assert validity(START, END, START - SECOND) is Validity.NOT_YET
    assert validity(START, END, START) is Validity.VALID
    assert validity(START, END, END) is Validity.EXPIRING
    assert validity(START, END, END + SECOND) is Validity.EXPIRED


def test_thirty_days_are_soon() -> None:
    assert validity(START, END, END - dt.timedelta(days=30)) is Validity.EXPIRING
    assert validity(START, END, END - dt.timedelta(days=30) - SECOND) is Validity.VALID


def test_days_are_whole_and_negative_after_the_end() -> None:
    assert days_left(END, END - dt.timedelta(hours=47)) == 1
    assert days_left(END, END + SECOND) == -1
