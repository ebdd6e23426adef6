"""Which certificate a client gets, and why: the rule told for one client, against the rule spelt out anew."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.choice import Candidate
from listeners.explanation import WORDS, Client, explain
from listeners.tls_policies import CLASSIC_POLICIES, POLICIES, TlsPolicy

SOON = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
LATER = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
MODERN = POLICIES["tls_cipher_policy_1_2_strict_with_1_3"]


def certificate(
    binding_id: int,
    *names: str,
    algorithm: str = "ECDSA",
    bits: int = 256,
    hashed: str = "SHA256",
    not_after: dt.datetime = SOON,
) -> Candidate:
    return Candidate(binding_id, names or ("a.test",), algorithm, bits, hashed, not_after)


def rsa(binding_id: int, *names: str, bits: int = 2048, hashed: str = "SHA256") -> Candidate:
    return certificate(binding_id, *names, algorithm="RSA", bits=bits, hashed=hashed)


DEFAULT = certificate(1, "default.test")


def told(client: Client, *additional: Candidate, policy: TlsPolicy = MODERN, default: Candidate = DEFAULT) -> list[str]:
    found = explain(client, default, additional, policy)
    said = [str(found.served.binding_id) if found.served else "none", *(step.code for step in found.steps[1:])]
    return said + [f"{each.candidate.binding_id} {each.step.code}" for each in found.passed_over]


@pytest.mark.parametrize(
    ("client", "additional", "expected"),
    [
        (Client(), (certificate(2),), ["1", "no-name"]),
        (Client("b.test"), (certificate(2),), ["1", "no-match"]),
        (Client("a.test"), (certificate(2),), ["2", "exact-name", "only-one"]),
        (Client("x.y.test"), (certificate(2, "*.test"),), ["2", "wildcard", "only-one"]),
        (
            Client("a.test"),
            (certificate(2), certificate(3, "*.test", bits=521)),
            ["2", "exact-name", "only-one", "3 passed-name"],
        ),
        (Client("a.test"), (rsa(2), certificate(3)), ["3", "exact-name", "ecdsa-first", "2 passed-rsa"]),
        (
            Client("a.test", can_ecdsa=False),
            (rsa(2), certificate(3)),
            ["2", "exact-name", "rsa-for-client", "3 passed-ecdsa"],
        ),
        (
            Client("a.test"),
            (rsa(2, hashed="MD5", bits=4096), rsa(3, hashed="SHA1"), rsa(4)),
            ["4", "exact-name", "by-hash", "2 passed-hash", "3 passed-hash"],
        ),
        (Client("a.test"), (rsa(2), rsa(3, bits=4096)), ["3", "exact-name", "by-key", "2 passed-key"]),
        (
            Client("a.test"),
            (certificate(2), certificate(3, not_after=LATER)),
            ["3", "exact-name", "by-validity", "2 passed-validity"],
        ),
        (Client("a.test"), (certificate(3), certificate(2)), ["2", "exact-name", "by-age", "3 passed-age"]),
        (Client("a.test", can_ecdsa=False), (certificate(2),), ["none", "exact-name", "cannot-use", "2 passed-ecdsa"]),
        (Client(can_ecdsa=False), (rsa(2),), ["none", "no-name", "cannot-use"]),
        (
            Client("a.test", can_ecdsa=False),
            (certificate(2), rsa(3, "*.test")),
            ["3", "exact-name", "rsa-for-client", "2 passed-ecdsa"],
        ),
    ],
)
def test_each_step_of_the_ladder_is_told(
    client: Client, additional: tuple[Candidate, ...], expected: list[str]
) -> None:
    assert told(client, *additional) == expected


def test_the_default_certificate_is_lent_to_clients_that_cannot_use_the_wildcard_of_another() -> None:
    default, wildcard = rsa(1, "a.w.test"), certificate(2, "*.w.test")
    assert told(Client("a.w.test", can_ecdsa=False), wildcard, default=default)[0] == "1"
    assert told(Client("a.w.test"), wildcard, default=default)[:2] == ["2", "wildcard"]


def test_the_default_certificate_is_passed_over_for_an_additional_one() -> None:
    default = certificate(1, "a.test", bits=521)
    assert told(Client("a.test"), certificate(2), default=default)[-1] == "1 passed-default"
    found = explain(Client("a.test"), default, [certificate(2)], MODERN, default_competes=True)
    assert found.served is default


def test_versions_and_suites_of_the_policy_decide_too() -> None:
    old = Client("a.test", version="TLSv1.1")
    assert explain(old, DEFAULT, [], MODERN).steps[0].code == "version-refused"
    lower = explain(Client("a.test"), DEFAULT, [], POLICIES["tls_cipher_policy_1_2"])
    assert (lower.steps[0].code, lower.served) == ("version-lower", DEFAULT)
    classic = CLASSIC_POLICIES["tls_cipher_policy_1_2"]
    assert told(Client("a.test"), certificate(2), policy=classic) == ["none", "exact-name", "only-one", "no-suite"]
    assert told(Client("a.test"), rsa(2), policy=classic)[0] == "2"
    assert explain(Client(), DEFAULT, [], None).served is DEFAULT  # QUIC: TLS 1.3 and nothing else
    assert explain(old, DEFAULT, [], None).served is None
    dual = explain(Client("a.test", can_ecdsa=False), DEFAULT, [certificate(2), rsa(3)], None)
    assert (dual.served, dual.steps[-1].code) == (None, "quic-needs-ecdsa")


def test_every_step_has_words_that_can_be_filled_in() -> None:
    told = dict.fromkeys(("name", "version", "lowest"), "x")
    assert all("%" not in str(words) % told for words in WORDS.values())


NAMES = ("a.w.test", "b.w.test", "*.w.test", "*.test", "c.test", "f*.test")
candidates = st.builds(
    Candidate,
    binding_id=st.integers(2, 10_000),
    names=st.lists(st.sampled_from(NAMES), max_size=4).map(tuple),
    key_algorithm=st.sampled_from(["RSA", "ECDSA"]),
    key_bits=st.sampled_from([256, 384, 2048, 4096]),
    signature_hash=st.sampled_from(["SHA256", "SHA384", "SHA1", "MD5", ""]),
    not_after=st.sampled_from([SOON, LATER]),
)
clients = st.builds(
    Client,
    server_name=st.sampled_from(["", "a.w.test", "x.w.test", "deep.x.w.test", "c.test", "w.test", "other.example"]),
    can_ecdsa=st.booleans(),
)


def distance(candidate: Candidate, asked: str) -> int | None:
    """Return how far the best of the names is from what is asked: 0 for the name itself, then by labels."""
    wildcards = (name for name in candidate.names if name.startswith("*.") and asked.endswith(name[1:]))
    found = [asked.count(".") - name.count(".") + 1 for name in wildcards if len(asked) >= len(name)]
    return min([0] if asked in candidate.names else found, default=None)


def expected(client: Client, default: Candidate, others: list[Candidate], *, competes: bool) -> Candidate | None:
    """Return who serves, by the documents' rule in their own order."""
    near = {each.binding_id: d for each in others if (d := distance(each, client.server_name)) is not None}
    if not client.server_name or not near:
        return default if client.can_ecdsa or default.key_algorithm == "RSA" else None
    pool = [each for each in others if each.binding_id in near]
    own = distance(default, client.server_name)
    if competes and own is not None:
        pool, near = [*pool, default], {**near, default.binding_id: own}
    best = min(near.values())
    first = [each for each in pool if near[each.binding_id] == best]
    if not client.can_ecdsa:
        usable = [each for each in pool if each.key_algorithm == "RSA"]
        if not usable:
            return default if own is not None and default.key_algorithm == "RSA" else None
        nearest = min(near[each.binding_id] for each in usable)
        first = [each for each in usable if near[each.binding_id] == nearest]
    hashes = {"MD5": 2, "SHA1": 1}
    return min(
        first,
        key=lambda each: (
            each.key_algorithm == "RSA",
            hashes.get(each.signature_hash, 0),
            -each.key_bits,
            -each.not_after.timestamp(),
            each.binding_id,
        ),
    )


@given(clients, candidates, st.lists(candidates, max_size=6, unique_by=lambda c: c.binding_id), st.booleans())
def test_the_rule_is_the_documents(client: Client, first: Candidate, others: list[Candidate], competes: bool) -> None:
    default = Candidate(1, first.names, first.key_algorithm, first.key_bits, first.signature_hash, first.not_after)
    found = explain(client, default, others, MODERN, default_competes=competes)
    assert found.served == expected(client, default, others, competes=competes)
    told = [each.candidate for each in found.passed_over]
    assert found.served not in told
    if found.name:
        assert {*told, *filter(None, [found.served])} == {
            each for each in (default, *others) if distance(each, client.server_name) is not None
        }
