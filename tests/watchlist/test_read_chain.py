"""Certificates that servers outside show are read in the parser's process, whatever they are."""

from cryptography.hazmat.primitives.serialization import Encoding

from certificates.parsing.bundles import Link, ServedChain
from certificates.parsing.parser import parser
from certificates.parsing.refusals import Refusal
from certificates.parsing.x509 import Description
from tests.certs import Issued, make_ca, make_leaf
from watchlist.handshake import Objection
from watchlist.judging import is_for, trust_problems
from watchlist.targets import Target


def der(issued: Issued) -> bytes:
    return issued.certificate.public_bytes(Encoding.DER)


def read(*chain: bytes) -> tuple[Link, ...] | Refusal:
    (found,) = parser.read_served([ServedChain(chain)])
    return found


def described(issued: Issued) -> Description:
    links = read(der(issued))
    assert isinstance(links, tuple)
    return links[0].description


def test_chain_keeps_the_order_of_the_server() -> None:
    root = make_ca()
    leaf = make_leaf("a.test", issuer=root)
    links = read(der(leaf), der(root))
    assert isinstance(links, tuple)
    assert [link.description.sha256 for link in links] == [leaf.sha256, root.sha256]


def test_junk_is_refused_and_the_other_chains_are_read() -> None:
    good = ServedChain((der(make_leaf("a.test")),))
    junk, links = parser.read_served([ServedChain((b"\x30\x03\x02\x01\x01",)), good])
    assert isinstance(junk, Refusal)
    assert isinstance(links, tuple)


def test_addresses_are_compared_by_value() -> None:
    leaf = described(make_leaf("2001:db8::1", "10.0.0.5"))
    assert is_for(leaf, "2001:db8:0:0::1")
    assert is_for(leaf, "10.0.0.5")
    assert not is_for(leaf, "10.0.0.6")


def test_objections_name_the_certificate_and_come_once() -> None:
    root = make_ca("Root")
    links = read(der(make_leaf("a.test", issuer=root)), der(root))
    assert isinstance(links, tuple)
    target = Target("a.test", 443)
    twice = (Objection(10, 1), Objection(10, 1), Objection(999, 5))
    found = trust_problems(target, links, twice)
    assert found == [
        {"code": "expired", "parameters": {"subject": "Root"}},
        {"code": "other", "parameters": {"subject": "Root", "number": 999}},
    ]
