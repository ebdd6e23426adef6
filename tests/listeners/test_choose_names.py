"""Which certificate serves which name."""

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from listeners.choice import Candidate, Choice, choice_for, choose_names, is_servable, names_by_certificates, preference

SOON = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
LATER = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)


def candidate(
    binding_id: int,
    *names: str,
    algorithm: str = "ECDSA",
    bits: int = 256,
    hashed: str = "SHA256",
    not_after: dt.datetime = SOON,
) -> Candidate:
    return Candidate(binding_id, names or ("a.test",), algorithm, bits, hashed, not_after)


def winner(*candidates: Candidate) -> int:
    return choose_names(candidates)["a.test"].winner.binding_id


def test_ecdsa_is_preferred_to_rsa_and_both_are_served() -> None:
    rsa, ecdsa = candidate(1, algorithm="RSA", bits=4096), candidate(2)
    choice = choose_names([rsa, ecdsa])["a.test"]
    assert choice.served == (ecdsa, rsa)
    assert choice.passed_over == ()


def test_sha2_is_preferred_to_sha1_and_sha1_to_md5() -> None:
    ordered = [candidate(3, hashed="SHA256"), candidate(2, hashed="SHA1"), candidate(1, hashed="MD5")]
    for shuffled in itertools.permutations(ordered):
        assert choose_names(shuffled)["a.test"].served[0] == ordered[0]
    assert winner(ordered[1], ordered[2]) == 2


def test_a_longer_key_is_preferred() -> None:
    assert winner(candidate(1, bits=256), candidate(2, bits=384)) == 2


def test_a_longer_remaining_validity_is_preferred() -> None:
    assert winner(candidate(1), candidate(2, not_after=LATER)) == 2


def test_the_hash_counts_more_than_the_key_and_the_key_more_than_the_validity() -> None:
    assert winner(candidate(1, hashed="SHA1", bits=521), candidate(2, hashed="SHA384")) == 2
    assert winner(candidate(1, not_after=LATER), candidate(2, bits=384)) == 2


def test_equal_certificates_are_chosen_by_age_of_binding() -> None:
    assert winner(candidate(8), candidate(7)) == 7


def test_a_passed_over_certificate_keeps_its_other_names() -> None:
    choices = choose_names([candidate(1, "a.test", "b.test"), candidate(2, "a.test", bits=384)])
    assert choices["a.test"].winner.binding_id == 2
    assert [loser.binding_id for loser in choices["a.test"].passed_over] == [1]
    assert choices["b.test"].winner.binding_id == 1


def test_names_that_the_engine_cannot_match_are_left_out() -> None:
    assert list(choose_names([candidate(1, "f*.a.test", "*", "*.*.test", "a b", "*.a.test")])) == ["*.a.test"]
    assert not is_servable("")


def test_names_of_the_same_certificates_share_a_chain() -> None:
    both = [candidate(1, "a.test", "b.test"), candidate(2, "a.test", algorithm="RSA", bits=2048)]
    assert names_by_certificates(choose_names(both)) == {(1,): ("b.test",), (1, 2): ("a.test",)}


def test_an_exact_name_goes_before_a_wildcard_and_a_longer_wildcard_before_a_shorter() -> None:
    choices = choose_names([candidate(1, "*.test"), candidate(2, "*.w.test"), candidate(3, "a.w.test")])
    asked = {"a.w.test": 3, "b.w.test": 2, "c.b.w.test": 2, "x.test": 1}
    for name, expected in asked.items():
        found = choice_for(name, choices)
        assert found is not None
        assert found.winner.binding_id == expected
    assert choice_for("w.example", choices) is None
    assert choice_for("test", choices) is None


candidates = st.builds(
    Candidate,
    binding_id=st.integers(1, 10_000),
    names=st.lists(st.sampled_from(["a.test", "*.test", "b.test", "*", "x*.test"]), max_size=4).map(tuple),
    key_algorithm=st.sampled_from(["RSA", "ECDSA", "Ed25519"]),
    key_bits=st.sampled_from([256, 384, 2048, 4096]),
    signature_hash=st.sampled_from(["SHA256", "SHA1", "MD5", ""]),
    not_after=st.sampled_from([SOON, LATER]),
)


@given(st.lists(candidates, max_size=8, unique_by=lambda c: c.binding_id), st.randoms())
def test_every_name_has_one_owner_whatever_the_order(given_candidates: list[Candidate], random: object) -> None:
    shuffled = list(given_candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    choices = choose_names(given_candidates)
    assert choices == choose_names(shuffled)
    for name, choice in choices.items():
        claiming = [c for c in given_candidates if name in c.names]
        lent = [c for c in choice.served if name not in c.names]
        assert {*choice.served, *choice.passed_over} == {*claiming, *lent}
        assert choice.winner == min(claiming, key=preference)
        assert len(choice.served) <= 2
        assert all(c.is_rsa and c.matches(name) for c in lent)
        assert not lent or not any(c.is_rsa for c in claiming)
    chains = names_by_certificates(choices)
    claimed = [name for names in chains.values() for name in names]
    assert sorted(claimed) == sorted(choices)


def test_clients_without_ecdsa_are_lent_the_rsa_certificate_of_a_wildcard_or_the_default() -> None:
    exact, wildcard = candidate(1, "a.w.test"), candidate(2, "*.w.test", algorithm="RSA", bits=2048)
    default = candidate(3, "a.w.test", algorithm="RSA", bits=4096)
    assert choose_names([exact, wildcard])["a.w.test"].served == (exact, wildcard)
    assert choose_names([exact], default) == {"a.w.test": Choice((exact, default))}
    assert choose_names([exact], candidate(3, "other.test", algorithm="RSA", bits=2048))["a.w.test"].served == (exact,)


def test_an_rsa_certificate_is_lent_no_other_so_that_its_names_stay_its_own() -> None:
    rsa, wildcard = candidate(1, "a.w.test", algorithm="RSA", bits=2048), candidate(2, "*.w.test")
    assert choose_names([rsa, wildcard], candidate(3, "a.w.test"))["a.w.test"].served == (rsa,)


def test_the_default_certificate_competes_only_for_names_that_others_have_too() -> None:
    default = candidate(1, "a.test", "www.w.test", "alone.test", bits=384)
    others = [candidate(2, "a.test"), candidate(3, "*.w.test")]
    assert {name: choice.winner.binding_id for name, choice in choose_names(others, default).items()} == {
        "a.test": 2,
        "*.w.test": 3,
    }
    competing = choose_names(others, default, default_competes=True)
    assert {name: choice.winner.binding_id for name, choice in competing.items()} == {
        "a.test": 1,
        "www.w.test": 1,
        "*.w.test": 3,
    }
