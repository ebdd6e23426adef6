"""Which filter chains answer an ACME server, and that the others stay as they are."""

from dataclasses import replace

import pytest
from envoy.config.listener.v3.listener_components_pb2 import FilterChain

from dataplane.advance import Position, advance, start
from dataplane.challenges import challenge_pairs
from dataplane.collect import Selection, collect_all
from dataplane.envoy.compile import compile_snapshot
from renewals.challenges.answers import Proof, present, take_away
from renewals.models import AcmeAccount, PendingChallenge, Renewal
from tests.certs import make_leaf
from tests.dataplane.rows import make_listener
from tests.features.conftest import Serve, Served, secrets_of, tls_of

pytestmark = pytest.mark.django_db


def pending(*hosts: str) -> Renewal:
    """Present answers for these hosts."""
    account, _made = AcmeAccount.objects.get_or_create(
        name="a", defaults={"directory_url": "https://acme.test/", "key": b"", "created_by": "alice"}
    )
    renewal = Renewal.objects.create(
        name=hosts[0], source="acme", account=account, challenge="tls-alpn-01", names=list(hosts), created_by="alice"
    )
    present(renewal, [Proof(host, f"token-{host}", f"token-{host}.thumbprint", "") for host in hosts])
    return renewal


def answering(served: Served) -> dict[str, FilterChain]:
    """Return the chains that only an ACME server reaches, by name."""
    return {
        chain.filter_chain_match.server_names[0]: chain
        for chain in served.listener.filter_chains
        if chain.filter_chain_match.application_protocols
    }


def test_each_name_has_a_chain_for_the_protocol_alone(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test", "b.test"))
    pending("a.test", "192.0.2.7")
    served = serve(listener)
    chains = answering(served)
    assert set(chains) == {"a.test", "7.2.0.192.in-addr.arpa"}
    for chain in chains.values():
        assert list(chain.filter_chain_match.application_protocols) == ["acme-tls/1"]
        context = tls_of(chain)
        assert list(context.common_tls_context.alpn_protocols) == ["acme-tls/1"]
        assert not context.require_client_certificate.value
        (secret,) = secrets_of(chain)
        source = served.compiled.secrets[secret]
        assert source.kind == "challenge"
        assert source.challenge_id in challenge_pairs([source.challenge_id])


def test_other_chains_stay_as_they_are(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test"), make_leaf("*.b.test"))
    before = {chain.name: chain for chain in serve(listener).listener.filter_chains}
    renewal = pending("a.test", "www.b.test", "other.test")
    during = {chain.name: chain for chain in serve(listener).listener.filter_chains}
    assert {name: during[name] for name in before} == before
    take_away(renewal.pk)
    assert {chain.name: chain for chain in serve(listener).listener.filter_chains} == before


def test_name_of_a_wildcard_is_served_by_the_same_certificate_meanwhile(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("*.b.test"))
    (wildcard,) = listener.bindings.filter(role="additional")
    pending("deep.www.b.test")
    chains = serve(listener).listener.filter_chains
    own = [chain for chain in chains if "deep.www.b.test" in chain.filter_chain_match.server_names]
    normal, answer = sorted(own, key=lambda chain: len(chain.filter_chain_match.application_protocols))
    assert not normal.filter_chain_match.application_protocols
    assert secrets_of(normal) == (f"listener/{listener.pk}/{wildcard.pk}",)
    assert answer.name != normal.name


def test_name_that_is_asked_for_twice_has_one_chain_with_the_newest_answer(serve: Serve) -> None:
    listener = make_listener()
    pending("a.test")
    pending("a.test")
    (chain,) = serve(listener).listener.filter_chains
    newest = PendingChallenge.objects.order_by("-id")[0]
    assert secrets_of(chain) == (f"listener/{listener.pk}/acme-{newest.pk}",)


def test_answer_that_the_engine_refused_is_left_out(serve: Serve) -> None:
    listener = make_listener()
    pending("a.test")
    challenge = PendingChallenge.objects.get()
    refused = {(f"listener/{listener.pk}/acme-{challenge.pk}", challenge.sha256): "no"}
    snapshot = collect_all(Selection())
    compiled = compile_snapshot(snapshot, refused).listeners[listener.pk]
    assert not Served(compiled).listener.filter_chains


def test_change_feed_brings_and_takes_answers() -> None:
    listener = make_listener()
    position: Position = start(Selection(), {})
    renewal = pending("a.test")
    step = advance(Selection(), position, {})
    assert step
    assert [compiled.id for compiled in step.compiled] == [listener.pk]
    assert step.position.snapshot == replace(collect_all(Selection()), moment=step.position.snapshot.moment)
    take_away(renewal.pk)
    after = advance(Selection(), step.position, {})
    assert after
    assert after.position.compiled[listener.pk] == position.compiled[listener.pk]
