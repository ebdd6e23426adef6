"""Putting a chain in order."""

import datetime as dt
from functools import cache
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.parsing.bundles import Bundle, Upload, read_bundle
from tests.certs import DAY, Issued, make_ca, make_leaf


@cache
def family() -> tuple[Issued, ...]:
    """Return leaf, its issuer, the issuer's issuer, and the root."""
    root = make_ca("Root")
    upper = make_ca("Upper", issuer=root)
    lower = make_ca("Lower", issuer=upper)
    return make_leaf("www.example.test", issuer=lower), lower, upper, root


def read(*certificates: Issued, key: Issued | None = None) -> Bundle:
    pem = b"".join(certificate.pem for certificate in certificates)
    return read_bundle(Upload("server", pem, (key or family()[0]).key_pem))


def codes(bundle: Bundle) -> list[str]:
    return [finding.code for finding in bundle.findings]


def chain_of(bundle: Bundle) -> list[str]:
    return [link.description.common_name for link in bundle.chain]


@settings(max_examples=30)
@given(st.permutations(range(4)))
def test_every_permutation_comes_out_in_order(order: list[int]) -> None:
    bundle = read(*(family()[index] for index in order))
    assert bundle.leaf.description.names[0].value == "www.example.test"
    assert chain_of(bundle) == ["Lower", "Upper"]
    assert ("chain.reordered" in codes(bundle)) == (order != [0, 1, 2, 3])
    assert "chain.root-dropped" in codes(bundle)


def test_a_chain_in_order_is_stored_without_a_word() -> None:
    leaf, lower, upper, _ = family()
    assert codes(read(leaf, lower, upper)) == []


@pytest.mark.parametrize("missing", [1, 2])
def test_a_missing_link_is_said_and_what_hangs_above_it_left_out(missing: int) -> None:
    given_certificates = [certificate for index, certificate in enumerate(family()) if index != missing]
    bundle = read(*given_certificates)
    assert "chain.incomplete" in codes(bundle)
    assert chain_of(bundle) == ["Lower", "Upper"][: missing - 1]


def test_a_lone_leaf_is_said_to_lack_its_issuer() -> None:
    bundle = read(family()[0])
    (finding,) = bundle.findings
    assert finding.code == "chain.incomplete"
    assert "CN=Lower" in str(finding.parameters["issuer"])


def test_a_self_signed_certificate_lacks_nothing() -> None:
    alone = make_leaf("self.example.test")
    assert codes(read(alone, key=alone)) == []


def test_a_foreign_certificate_is_left_out_and_named() -> None:
    leaf, lower, upper, _ = family()
    bundle = read(leaf, lower, make_ca("Stranger"), upper)
    assert chain_of(bundle) == ["Lower", "Upper"]
    (foreign, _incomplete) = bundle.findings
    assert (foreign.code, foreign.parameters) == ("chain.foreign", {"certificate": "Stranger"})


def test_an_authority_of_the_same_name_with_another_key_is_foreign() -> None:
    leaf, _, upper, root = family()
    impostor = make_ca("Lower", issuer=upper)
    bundle = read(leaf, impostor, upper, root)
    assert bundle.chain == ()
    assert codes(bundle).count("chain.foreign") == 3


def test_a_repeated_certificate_is_kept_once() -> None:
    leaf, lower, upper, _ = family()
    bundle = read(leaf, lower, lower, upper, leaf)
    assert chain_of(bundle) == ["Lower", "Upper"]
    assert codes(bundle) == ["chain.repeated"]


def test_a_cross_signed_issuer_goes_before_the_root_of_the_same_key() -> None:
    old_root = make_ca("Old Root")
    new_root = make_ca("New Root")
    crossed = make_ca("New Root", issuer=old_root, key=new_root.key)
    leaf = make_leaf("x.example.test", issuer=new_root)
    for order in permutations((leaf, new_root, crossed)):
        bundle = read(*order, key=leaf)
        assert bundle.chain[0].description.issuer == "CN=Old Root,O=Test"


def test_the_issuer_that_lasts_longest_is_chosen() -> None:
    root = make_ca("Root")
    soon = dt.datetime.now(dt.UTC) + 5 * DAY
    short = make_ca("Middle", issuer=root, not_after=soon)
    long = make_ca("Middle", issuer=root, key=short.key)
    leaf = make_leaf("y.example.test", issuer=short)
    for order in ((short, long), (long, short)):
        bundle = read(leaf, *order, key=leaf)
        assert bundle.chain[0].description.not_after == long.certificate.not_valid_after_utc


def test_a_circle_of_issuers_ends() -> None:
    first, second = make_ca("First"), make_ca("Second")
    crossed = make_ca("First", issuer=second, key=first.key)
    back = make_ca("Second", issuer=first, key=second.key)
    leaf = make_leaf("z.example.test", issuer=first)
    bundle = read(leaf, crossed, back, key=leaf)
    assert chain_of(bundle) == ["First", "Second"]
