"""What one drop becomes: keys find their certificates, chains their order, authorities stand apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.parsing.chains import Issuers, build_chain
from certificates.parsing.drops import MOST_CERTIFICATES, read_drop
from certificates.parsing.refusals import Refusal
from certificates.parsing.x509 import parsed_of
from tests.certificates.drops import codes, drop_of, labels, understood, with_keys
from tests.certs import Issued, make_ca, make_leaf, rsa_key

ROOT = make_ca("Root")
UPPER = make_ca("Upper", issuer=ROOT)
LOWER = make_ca("Lower", issuer=UPPER)
FIRST = make_leaf("first.test", issuer=LOWER)
SECOND = make_leaf("second.test", issuer=UPPER, key=rsa_key())
PIECES = [FIRST.pem, FIRST.key_pem, SECOND.pem, SECOND.key_pem, ROOT.pem, UPPER.pem, LOWER.pem]


@given(st.permutations(PIECES), st.integers(1, 7))
@settings(max_examples=30)
def test_order_and_number_of_files_make_no_difference(pieces: list[bytes], size: int) -> None:
    files = [b"\n".join(pieces[start : start + size]) for start in range(0, len(pieces), size)]
    result = understood(*files)
    chains = {
        item.id: ([link.description.label for link in item.bundle.chain], item.bundle.key_pem) for item in result.items
    }
    assert chains == {
        FIRST.sha256: (["Lower", "Upper"], FIRST.key_pem),
        SECOND.sha256: (["Upper"], SECOND.key_pem),
    }
    assert result.left_out == ()
    assert {finding.code for item in result.items for finding in item.bundle.findings} == {"chain.root-dropped"}


def test_authorities_of_no_chain_stand_apart() -> None:
    other = make_ca("Other root")
    result = understood(FIRST.pem + FIRST.key_pem + LOWER.pem, other.pem)
    assert [(item.kind, item.bundle.leaf.description.label) for item in result.items] == [
        ("server", "first.test"),
        ("ca", "Other root"),
    ]


def test_a_key_of_a_ca_certificate_is_left_out_and_said() -> None:
    (item,) = understood(ROOT.pem, ROOT.key_pem).items
    assert (item.kind, item.bundle.key_pem) == ("ca", None)
    assert [finding.code for finding in item.bundle.findings] == ["drop.ca-key"]


def test_a_key_without_its_certificate_stays_loose() -> None:
    result = understood(FIRST.pem, SECOND.key_pem)
    assert [key.label for key in result.keys] == ["RSA 2048"]
    assert with_keys(result) == set()


def test_a_client_certificate_is_told_from_a_servers() -> None:
    client = make_leaf("alice", issuer=ROOT, client=True)
    (item,) = understood(client.pem, client.key_pem).items
    assert (item.kind, bool(item.bundle.key_pem)) == ("client", True)


def test_two_certificates_of_one_key_both_get_it() -> None:
    key = rsa_key()
    leaves = [make_leaf(name, issuer=ROOT, key=key) for name in ("a.test", "b.test")]
    result = understood(*[leaf.pem for leaf in leaves], leaves[0].key_pem)
    assert with_keys(result) == {leaf.sha256 for leaf in leaves}


def test_what_came_twice_is_kept_once() -> None:
    result = understood(FIRST.pem + FIRST.pem, FIRST.key_pem, FIRST.key_pem)
    assert labels(result) == ["first.test"]
    assert codes(result) == ["drop.repeated"]


def test_an_issuer_of_the_same_name_but_another_key_is_not_taken() -> None:
    impostor = make_ca("Lower", issuer=UPPER)
    result = understood(FIRST.pem, impostor.pem, LOWER.pem)
    (leaf, apart) = result.items
    assert [link.description.sha256 for link in leaf.bundle.chain] == [LOWER.sha256]
    assert (apart.kind, apart.id) == ("ca", impostor.sha256)


def test_chains_that_go_in_circles_end() -> None:
    one, other = make_ca("One"), make_ca("Other")
    crossed = [make_ca("One", issuer=other, key=one.key), make_ca("Other", issuer=one, key=other.key)]
    leaf = make_leaf("x.test", issuer=Issued(crossed[0].certificate, one.key))
    (item,) = understood(leaf.pem, *[each.pem for each in crossed]).items
    assert [link.description.label for link in item.bundle.chain] == ["One", "Other"]


def test_more_certificates_than_anyone_has_are_refused() -> None:
    leaf = FIRST.pem * (MOST_CERTIFICATES // 4 + 1)
    with pytest.raises(Refusal) as caught:
        read_drop(drop_of(leaf, leaf, leaf, leaf))
    assert caught.value.code in {"drop.too-many", "input.too-many-blocks"}


def test_an_issuer_is_found_among_a_thousand_of_one_name_by_its_key_identifier() -> None:
    crowd = [make_ca("Lower", issuer=UPPER) for _ in range(30)]
    issuers = Issuers(parsed_of(each.certificate) for each in [*crowd[:15], LOWER, *crowd[15:], UPPER])
    leaf = make_leaf("x.test", issuer=LOWER)
    chain = build_chain(parsed_of(leaf.certificate), (), issuers)
    # The leaf names no key identifier: so many of one name are not all tried, and no wrong one is taken.
    assert all(link.description.sha256 in {LOWER.sha256, UPPER.sha256} for link in chain.intermediates)
