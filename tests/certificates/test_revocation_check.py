"""What listeners do with lists at a moment: a pure question."""

import datetime as dt

import pytest

from certificates.revocation_check import LEFT_OUT_BEFORE_END, CarriedList, Revocation, TrustedAuthority

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
ROOT = TrustedAuthority("CN=Root", "root", issues_clients=False, is_anchored=True)
MIDDLE = TrustedAuthority("CN=Middle", "middle", issues_clients=True, is_anchored=True)
ANCHOR = TrustedAuthority("CN=Middle", "middle", issues_clients=True, is_anchored=False)
OTHER = TrustedAuthority("CN=Other", "other", issues_clients=True, is_anchored=True)


def carried(key: str, left: dt.timedelta | None = HOUR, *, ignored: bool = False) -> CarriedList:
    """Return a list that has so much time left."""
    return CarriedList(ord(key[0]), key, f"CN={key}", key, NOW + left if left is not None else None, ignored)


def test_without_lists_nothing_is_checked_and_nothing_is_missing() -> None:
    check = Revocation((ROOT, MIDDLE)).at(NOW)
    assert (check.is_on, check.uncovered) == (False, ())


@pytest.mark.parametrize(
    ("authorities", "keys", "is_whole"),
    [
        ((ROOT, MIDDLE), ("root", "middle"), True),
        ((ROOT, MIDDLE), ("middle",), False),
        ((ANCHOR,), ("middle",), False),
        ((MIDDLE, OTHER), ("middle", "other"), True),
        ((OTHER,), ("other", "below"), True),
    ],
)
def test_whole_chain_is_checked_only_where_each_authority_up_to_the_root_has_a_list(
    authorities: tuple[TrustedAuthority, ...], keys: tuple[str, ...], is_whole: bool
) -> None:
    check = Revocation(authorities, tuple(map(carried, keys))).at(NOW)
    assert (check.is_on, check.is_whole_chain) == (True, is_whole)


@pytest.mark.parametrize(("authorities", "key"), [((ROOT, MIDDLE), "root"), ((MIDDLE, OTHER), "other")])
def test_lists_wait_until_each_authority_that_issues_clients_has_one(
    authorities: tuple[TrustedAuthority, ...], key: str
) -> None:
    check = Revocation(authorities, (carried(key),)).at(NOW)
    assert (check.is_on, check.uncovered) == (False, ("CN=Middle",))


def test_expired_list_stays_and_refuses() -> None:
    check = Revocation((OTHER,), (carried("other", -HOUR),)).at(NOW)
    assert check.is_on
    assert [each.issuer for each in check.refusing] == ["CN=other"]


def test_ignored_list_is_left_out_just_before_its_end() -> None:
    revocation = Revocation((OTHER,), (carried("other", ignored=True),))
    end = NOW + HOUR - LEFT_OUT_BEFORE_END
    assert revocation.at(end - dt.timedelta(microseconds=1)).is_on
    check = revocation.at(end)
    assert not check.is_on
    assert [each.issuer for each in check.ignored] == ["CN=other"]


def test_ignored_list_of_an_authority_above_leaves_the_others_in_force() -> None:
    check = Revocation((ROOT, MIDDLE), (carried("root", -HOUR, ignored=True), carried("middle"))).at(NOW)
    assert [each.issuer for each in check.lists] == ["CN=middle"]
    assert not check.is_whole_chain


def test_list_without_an_end_never_stops() -> None:
    assert Revocation((OTHER,), (carried("other", None),)).at(NOW + 9999 * HOUR).refusing == ()
