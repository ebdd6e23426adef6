"""Registering accounts with a real ACME server, and what is said when it is refused."""

from pathlib import Path

import pytest

from certificates.keys import unseal
from console.errors import ConflictError, DomainError, InvalidInputError, StaleError
from events.models import Change
from renewals import accounts
from renewals.models import AcmeAccount
from tests.certs import make_ca
from tests.factories import OPERATOR
from tests.renewals.pebble import EAB, Pebble, running_pebble
from tests.renewals.rows import make_account, make_renewal
from tests.renewals.servers import Answer, serving
from tests.waiting import free_port

pytestmark = pytest.mark.django_db


def test_account_is_registered_and_its_key_is_sealed(pebble: Pebble) -> None:
    account = make_account(pebble, contact="ops@example.com")
    account.refresh_from_db()
    assert account.account_url.startswith("https://127.0.0.1")
    assert b"PRIVATE KEY" not in bytes(account.key)
    assert b"PRIVATE KEY" in unseal(account.key)
    assert Change.objects.filter(kind="acme_account.created", object_id=account.pk).exists()


def _refused(pebble: Pebble, **fields: object) -> DomainError:
    with pytest.raises(DomainError) as refused:
        make_account(pebble, **fields)
    assert not AcmeAccount.objects.exists()
    assert refused.value.way_out
    return refused.value


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"directory_url": "http://acme.example.com/"}, "directory_url"),
        ({"contact": "nobody"}, "contact"),
        ({"contact": "a@example.com,b@example.com"}, "contact"),
        ({"trusted_ca_pem": "nonsense"}, "trusted_ca_pem"),
        ({"trusted_ca_pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "trusted_ca_pem"),
        ({"eab_key_id": "kid-1"}, "eab_key"),
        ({"eab_key": "AAAA"}, "eab_key_id"),
        ({"eab_key_id": "kid-1", "eab_key": "a key!"}, "eab_key"),
        ({"terms_agreed": False}, "terms_agreed"),
    ],
)
def test_bad_input_is_refused_before_the_server_is_asked(pebble: Pebble, fields: dict[str, object], field: str) -> None:
    refused = _refused(pebble, **fields)
    assert isinstance(refused, InvalidInputError)
    assert refused.field == field


def test_server_with_an_unknown_certificate_is_not_trusted(pebble: Pebble) -> None:
    assert _refused(pebble, trusted_ca_pem=make_ca("Other").pem.decode()).code == "acme.untrusted"


def test_server_that_is_down_is_named(pebble: Pebble) -> None:
    refused = _refused(pebble, directory_url=f"http://127.0.0.1:{free_port()}/dir", trusted_ca_pem="")
    assert refused.code == "acme.unreachable"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<html>", headers={"Content-Type": "text/html"}),
        Answer(body=b"[]"),
        Answer(body=b"{}"),
        Answer(body=b'{"newNonce": 7}'),
        Answer(body=b"x" * 2_000_000),
        Answer(404, b"gone"),
        Answer(500, b'{"type": 7}'),
        Answer(302, headers={"Location": "http://192.0.2.1/dir"}),
        Answer(302, headers={"Location": "/again"}),
    ],
)
def test_server_that_does_not_speak_acme_is_refused(pebble: Pebble, answer: Answer) -> None:
    with serving(lambda *request: answer) as url:
        refused = _refused(pebble, directory_url=f"{url}/dir", trusted_ca_pem="")
    assert refused.code.startswith("acme.")


def test_refusal_of_the_server_is_shown_with_its_type(pebble: Pebble) -> None:
    refused = _refused(pebble, contact="ops@localhost.invalid-" + "a" * 70 + ".com")
    assert refused.code in {"account.invalid-contact", "acme.invalidContact", "acme.malformed"}


def test_name_is_taken_once(pebble: Pebble) -> None:
    make_account(pebble, name="one")
    with pytest.raises(ConflictError) as refused:
        make_account(pebble, name="one")
    assert refused.value.field == "name"


def test_contact_is_changed_at_the_server_too(pebble: Pebble) -> None:
    account = make_account(pebble, contact="old@example.com")
    changed = accounts.update_account(OPERATOR, account.pk, contact="new@example.com", expected_revision=1)
    assert (changed.contact, changed.revision) == ("new@example.com", 2)
    with pytest.raises(StaleError):
        accounts.update_account(OPERATOR, account.pk, name="x", expected_revision=1)


def test_account_in_use_is_not_deleted(pebble: Pebble) -> None:
    renewal = make_renewal(pebble)
    assert renewal.account
    with pytest.raises(ConflictError) as refused:
        accounts.delete_account(OPERATOR, renewal.account.pk)
    assert renewal.name in refused.value.message


def test_deleted_account_is_deactivated_at_its_server(pebble: Pebble) -> None:
    account = make_account(pebble)
    assert accounts.delete_account(OPERATOR, account.pk)
    assert not AcmeAccount.objects.exists()


def test_account_of_a_server_that_is_gone_can_be_deleted(pebble: Pebble) -> None:
    account = make_account(pebble)
    AcmeAccount.objects.update(directory_url=f"http://127.0.0.1:{free_port()}/dir")
    assert not accounts.delete_account(OPERATOR, account.pk)
    assert not AcmeAccount.objects.exists()


@pytest.mark.conformance
def test_external_account_binding_is_asked_for_and_accepted(tmp_path: Path) -> None:
    (key_id, key), *_others = EAB.items()
    with running_pebble(tmp_path, needs_binding=True) as pebble:
        assert _refused(pebble).code == "acme.externalAccountRequired"
        assert _refused(pebble, eab_key_id="unknown", eab_key=key).code.startswith("acme.")
        account = make_account(pebble, eab_key_id=key_id, eab_key=key)
        assert account.eab_key_id == key_id
        assert key.encode() not in bytes(account.eab_key or b"")


def test_answer_that_breaks_off_is_no_answer(pebble: Pebble) -> None:
    with serving(lambda *request: Answer(body=b"{", headers={"Content-Encoding": "gzip"})) as url:
        refused = _refused(pebble, directory_url=f"{url}/dir", trusted_ca_pem="")
    assert refused.code == "acme.unreachable"


def test_redirection_is_named_and_not_followed(pebble: Pebble) -> None:
    with serving(lambda *request: Answer(302, headers={"Location": pebble.directory_url})) as url:
        refused = _refused(pebble, directory_url=f"{url}/dir")
    assert pebble.directory_url in refused.message
