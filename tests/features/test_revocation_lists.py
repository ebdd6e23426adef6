"""Revocation lists travel with the CA certificate: a changed list changes that secret, and nothing else."""

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

from certificates.models import Certificate, Kind, RevocationList
from certificates.revocation.services import carry_list, delete_list, update_list
from dataplane.advance import Position, advance, move_on, start
from dataplane.collect import Selection, collect_all
from dataplane.envoy.checks import NOTHING_REFUSED
from dataplane.secrets import SecretStore
from listeners.models import Listener
from tests.certs import Issued, make_ca, make_leaf, make_list
from tests.dataplane.rows import OPERATOR, make_listener, store
from tests.factories import store_bundle

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def root() -> Issued:
    return make_ca()


@pytest.fixture
def authority(root: Issued) -> Certificate:
    return store(root, Kind.CA)


@pytest.fixture
def listener(authority: Certificate) -> Listener:
    return make_listener(mutual_authentication=True, ca_certificate_id=authority.pk)


def carry(certificate: Certificate, der: bytes) -> RevocationList:
    return carry_list(OPERATOR, certificate.pk, source="uploaded", der=der)


def secret_of(position: Position, listener: Listener) -> Secret:
    """Return the secret by which the listener's clients are checked, as the engine gets it."""
    name = f"listener/{listener.pk}/ca"
    source = position.compiled[listener.pk].secrets[name]
    found, missing = SecretStore()._load({name: source})  # noqa: SLF001  # without its thread
    assert not missing
    return Secret.FromString(found[name])


def test_changed_list_changes_one_secret_and_nothing_else(
    root: Issued, authority: Certificate, listener: Listener
) -> None:
    other = make_listener(mutual_authentication=True, ca_certificate_id=store(make_ca("Other"), Kind.CA).pk)
    position = start(Selection(), NOTHING_REFUSED)
    for number in (1, 2):
        carry(authority, make_list(root, number=number))
        step = advance(Selection(), position, NOTHING_REFUSED)
        assert step is not None
        assert [compiled.id for compiled in step.compiled] == [listener.pk]
        before, after = position.compiled[listener.pk], step.position.compiled[listener.pk]
        assert (before.listener, before.clusters) == (after.listener, after.clusters)
        name = f"listener/{listener.pk}/ca"
        assert {key for key in after.secrets if after.secrets[key] != before.secrets[key]} == {name}
        assert after.secrets[name].version != before.secrets[name].version
        assert step.position.compiled[other.pk] is position.compiled[other.pk]
        position = step.position
    assert position.snapshot == replace(collect_all(Selection()), moment=position.snapshot.moment)


def test_secret_holds_the_list_for_the_leaf_or_the_whole_chain(
    root: Issued, authority: Certificate, listener: Listener
) -> None:
    assert not secret_of(start(Selection(), NOTHING_REFUSED), listener).validation_context.HasField("crl")
    carry(authority, make_list(root, make_leaf(issuer=root)))
    context = secret_of(start(Selection(), NOTHING_REFUSED), listener).validation_context
    assert context.crl.inline_bytes.startswith(b"-----BEGIN X509 CRL-----\n")
    assert not context.only_verify_leaf_cert_crl  # the one authority is a root and has its list
    middle = make_ca("Middle", issuer=root)
    anchor = store(middle, Kind.CA)
    bound = make_listener(mutual_authentication=True, ca_certificate_id=anchor.pk)
    carry(anchor, make_list(middle))
    assert secret_of(start(Selection(), NOTHING_REFUSED), bound).validation_context.only_verify_leaf_cert_crl


def test_list_that_is_gone_by_the_time_it_is_sent_is_left_out(
    root: Issued, authority: Certificate, listener: Listener
) -> None:
    row = carry(authority, make_list(root))
    position = start(Selection(), NOTHING_REFUSED)
    delete_list(OPERATOR, authority.pk, row.pk)
    assert not secret_of(position, listener).validation_context.HasField("crl")


@pytest.mark.parametrize(("choice", "code"), [("refuse", "crl.expired-refusing"), ("ignore", "crl.expired-ignored")])
def test_end_of_a_list_is_acted_on_without_any_change(
    root: Issued, authority: Certificate, listener: Listener, choice: str, code: str
) -> None:
    row = carry(authority, make_list(root, next_update=timezone.now() + HOUR))
    update_list(OPERATOR, authority.pk, row.pk, when_expired=choice)
    position = start(Selection(), NOTHING_REFUSED)
    assert move_on(position, timezone.now(), NOTHING_REFUSED) is None
    step = move_on(position, timezone.now() + 2 * HOUR, NOTHING_REFUSED)
    assert step is not None
    compiled = step.position.compiled[listener.pk]
    assert [problem.code for problem in compiled.problems] == [code]
    assert secret_of(step.position, listener).validation_context.HasField("crl") == (choice == "refuse")
    assert replace(step.position.snapshot, moment=position.snapshot.moment) == position.snapshot
    assert move_on(step.position, timezone.now() + 2 * HOUR, NOTHING_REFUSED) is None


def test_replaced_list_ends_the_problem(root: Issued, authority: Certificate, listener: Listener) -> None:
    carry(authority, make_list(root, number=1, next_update=timezone.now() + HOUR))
    position = start(Selection(), NOTHING_REFUSED)
    late = timezone.now() + 2 * HOUR
    step = move_on(position, late, NOTHING_REFUSED)
    assert step is not None
    carry(authority, make_list(root, number=2))
    following = advance(Selection(), step.position, NOTHING_REFUSED)
    assert following is not None
    assert following.position.compiled[listener.pk].problems == ()


def test_incomplete_lists_are_told_and_not_sent() -> None:
    one = make_ca("One")
    bundle = store_bundle(one, make_ca("Two"))
    listener = make_listener(mutual_authentication=True, ca_certificate_id=bundle.pk)
    carry(bundle, make_list(one))
    position = start(Selection(), NOTHING_REFUSED)
    (problem,) = position.compiled[listener.pk].problems
    assert problem.code == "crl.incomplete"
    assert "CN=Two,O=Test" in problem.message
    assert not secret_of(position, listener).validation_context.HasField("crl")
