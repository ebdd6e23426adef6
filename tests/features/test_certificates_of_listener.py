"""Which filter chain serves which names with which secrets."""

import pytest

from certificates.models import Kind, SealedKey
from dataplane.collect import Selection, collect_all
from dataplane.envoy.compile import compile_snapshot, with_replaced_certificate
from listeners import services
from tests.certs import make_ca, make_leaf, rsa_key
from tests.dataplane.rows import OPERATOR, make_listener, replace, store
from tests.features.conftest import Serve, secrets_of, tls_of

pytestmark = pytest.mark.django_db


def test_default_certificate_serves_every_other_name(serve: Serve) -> None:
    listener = make_listener()
    served = serve(listener)
    assert secrets_of(served.default_chain) == (f"listener/{listener.pk}/default",)
    assert served.names == {}
    assert served.problems == []


def test_each_certificate_has_one_chain_with_all_its_names(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test", "*.b.test"), make_leaf("c.test"))
    first, second = listener.bindings.filter(role="additional")
    assert serve(listener).names == {
        (f"listener/{listener.pk}/{first.pk}",): ["*.b.test", "a.test"],
        (f"listener/{listener.pk}/{second.pk}",): ["c.test"],
    }


def test_two_kinds_of_key_for_one_name_share_a_chain(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test", key=rsa_key()), make_leaf("a.test"))
    rsa, ecdsa = listener.bindings.filter(role="additional")
    assert serve(listener).names == {
        (f"listener/{listener.pk}/{ecdsa.pk}", f"listener/{listener.pk}/{rsa.pk}"): ["a.test"]
    }


def test_no_two_chains_claim_one_name(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test", "b.test"), make_leaf("a.test", "c.test"))
    names = [name for names in serve(listener).names.values() for name in names]
    assert sorted(names) == ["a.test", "b.test", "c.test"]


def test_certificate_without_its_key_is_left_out_and_named(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test"), make_leaf("b.test"))
    lost = listener.bindings.filter(role="additional")[0]
    SealedKey.objects.filter(version=lost.certificate.current_version).delete()
    served = serve(listener)
    assert list(served.names.values()) == [["b.test"]]
    assert served.problems == ["certificate.without-key"]
    assert served.compiled.problems[0].object_id == lost.certificate_id


def test_listener_without_a_usable_default_certificate_is_not_served(serve: Serve) -> None:
    listener = make_listener()
    SealedKey.objects.all().delete()
    served = serve(listener)
    assert served.compiled.listener is None
    assert served.problems == ["listener.no-default-certificate", "certificate.without-key"]


def test_mutual_authentication_asks_for_a_certificate_of_the_authority(serve: Serve) -> None:
    listener = make_listener(mutual_authentication=True, ca_certificate_id=store(make_ca(), Kind.CA).pk)
    served = serve(listener)
    tls = tls_of(served.default_chain)
    assert tls.require_client_certificate.value
    assert tls.common_tls_context.validation_context_sds_secret_config.name == f"listener/{listener.pk}/ca"
    assert served.compiled.secrets[f"listener/{listener.pk}/ca"].kind == "authority"


def test_mutual_authentication_without_an_authority_is_never_served_openly(serve: Serve) -> None:
    listener = make_listener()
    type(listener).objects.update(mutual_authentication=True)
    served = serve(listener)
    assert served.compiled.listener is None
    assert served.problems == ["listener.no-ca-certificate"]


def test_replaced_certificate_changes_its_secret_and_no_byte_of_the_listener(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test"))
    binding = listener.bindings.get(role="additional")
    before = serve(listener).compiled
    replace(binding.certificate, make_leaf("a.test"))
    after = serve(listener).compiled
    secret = f"listener/{listener.pk}/{binding.pk}"
    assert before.listener == after.listener
    assert {name for name in before.secrets if before.secrets[name] != after.secrets[name]} == {secret}
    assert before.version != after.version


def test_short_cut_for_a_replaced_certificate_comes_to_the_same_as_compiling_again(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test"), make_leaf("b.test"))
    certificate = listener.bindings.filter(role="additional")[0].certificate
    old = collect_all(Selection())
    replace(certificate, make_leaf("a.test"))
    new = collect_all(Selection())
    shortened = with_replaced_certificate(
        compile_snapshot(old).listeners[listener.pk],
        new.listeners[listener.pk],
        old.certificates[certificate.pk],
        new.certificates[certificate.pk],
    )
    assert shortened == compile_snapshot(new).listeners[listener.pk]


def test_short_cut_is_refused_when_the_names_change(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test"))
    certificate = listener.bindings.get(role="additional").certificate
    old = collect_all(Selection())
    replace(certificate, make_leaf("a.test", "more.test"))
    new = collect_all(Selection())
    compiled = compile_snapshot(old).listeners[listener.pk]
    pair = old.certificates[certificate.pk], new.certificates[certificate.pk]
    assert with_replaced_certificate(compiled, new.listeners[listener.pk], *pair) is None


def test_same_rows_always_compile_to_the_same_versions(serve: Serve) -> None:
    listener = make_listener(None, make_leaf("a.test"), make_leaf("b.test"))
    assert serve(listener).compiled == serve(listener).compiled


def test_stopped_listener_is_left_out(serve: Serve) -> None:
    listener = make_listener()
    services.stop_listener(OPERATOR, listener.pk)
    assert collect_all(Selection()).listeners == {}


def test_selection_serves_one_instance_or_some_listeners_only(serve: Serve) -> None:
    first, second = make_listener(), make_listener()
    by_instance = collect_all(Selection(load_balancer_id=first.load_balancer_id))
    by_id = collect_all(Selection(listener_ids=frozenset({second.pk})))
    assert list(by_instance.listeners) == [first.pk]
    assert list(by_id.listeners) == [second.pk]
    assert len(by_id.certificates) == len(by_id.server_groups) == 1
