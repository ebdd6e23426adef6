"""Deleting certificates."""

import pytest

from certificates import usage
from certificates.models import Certificate, CertificateName, CertificateVersion, SealedKey
from certificates.services import delete_certificate
from certificates.usage import Usage, Usages
from console.errors import ConflictError, NotFoundError, StaleError
from events.models import Change
from listeners.usage import users_of_certificates
from tests.certificates.repository import ALICE, import_leaf, replace_by
from tests.certs import make_leaf
from tests.factories import make_listener, make_server_certificate

pytestmark = pytest.mark.django_db


def test_everything_goes_with_it() -> None:
    imported = import_leaf()
    replace_by(imported, make_leaf())
    delete_certificate(ALICE, imported.certificate.pk, expected_revision=2)
    for model in (Certificate, CertificateVersion, CertificateName, SealedKey):
        assert not model.objects.exists()
    change = Change.objects.last()
    assert change is not None
    assert (change.kind, change.object_id) == ("certificate.deleted", imported.certificate.pk)


def test_in_use_it_is_refused_and_the_users_are_named() -> None:
    certificate = make_server_certificate()
    listeners = [make_listener(name=f"web-{number}", certificate_id=certificate.pk) for number in range(7)]
    with pytest.raises(ConflictError) as caught:
        delete_certificate(ALICE, certificate.pk)
    assert caught.value.code == "certificate.in-use"
    assert [listener.name in str(caught.value) for listener in listeners] == [True] * 5 + [False] * 2
    assert "+2" in str(caught.value)
    assert Certificate.objects.filter(pk=certificate.pk).exists()


def test_a_user_is_counted_once_however_often_its_layer_registers() -> None:
    certificate = make_server_certificate()
    listener = make_listener(certificate_id=certificate.pk)
    usage.register(users_of_certificates)
    found = usage.usages_of([certificate.pk])[certificate.pk]
    assert ([use.object_id for use in found], found.total) == ([listener.pk], 1)


def test_what_two_layers_use_is_counted_together_and_the_first_are_shown() -> None:
    mine, theirs = ([Usage(f"{name}-{n}", name, "listener-detail", "default") for n in range(3)] for name in "ab")
    joined = Usages(tuple(mine), 40, "/mine/").joined(Usages(tuple(theirs), 30), 4)
    assert (list(joined), joined.total, joined.more, joined.list_url) == ([*mine, theirs[0]], 70, 66, "/mine/")


def test_a_stale_revision_is_refused() -> None:
    imported = import_leaf()
    with pytest.raises(StaleError):
        delete_certificate(ALICE, imported.certificate.pk, expected_revision=9)


def test_an_absent_certificate_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        delete_certificate(ALICE, "cert-0000000000000000")
