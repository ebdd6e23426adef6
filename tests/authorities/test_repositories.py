"""Repositories of third-party CA certificates."""

import pytest

from authorities.models import Repository
from authorities.selectors import ca_choices, repository_certificates
from authorities.services.repositories import (
    add_certificate,
    change_repository,
    create_repository,
    delete_repository,
    remove_certificate,
    upload_certificate,
)
from certificates.models import Certificate
from certificates.services import delete_certificate
from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError, StaleError
from tests.authorities.rows import make_root
from tests.certificates.repository import ALICE, import_leaf
from tests.certs import make_ca, make_leaf

pytestmark = pytest.mark.django_db


@pytest.fixture
def repository() -> Repository:
    """Create an empty repository."""
    return create_repository(ALICE, name=" Partners ", description="of the  shop")


def test_roots_and_intermediates_are_uploaded_and_listed(repository: Repository) -> None:
    root = make_ca("Partner Root")
    upload_certificate(ALICE, repository.pk, name="", certificate_pem=root.pem)
    upload_certificate(ALICE, repository.pk, name="Sub", certificate_pem=make_ca("Partner Sub", issuer=root).pem)
    assert {each.name for each in repository_certificates(repository)} == {"Partner Root", "Sub"}
    assert (repository.name, repository.description) == ("Partners", "of the shop")


def test_a_certificate_that_is_stored_already_is_put_into_the_repository_as_it_is(repository: Repository) -> None:
    root = make_ca("Partner Root")
    first = upload_certificate(ALICE, repository.pk, name="", certificate_pem=root.pem)
    other = create_repository(ALICE, name="Other")
    second = upload_certificate(ALICE, other.pk, name="another name", certificate_pem=root.pem)
    assert second.certificate == first.certificate
    assert Certificate.objects.get().name == "Partner Root"
    assert list(repository_certificates(other)) == [first.certificate]


def test_what_is_no_ca_certificate_is_refused_and_nothing_stored(repository: Repository) -> None:
    for pem in (make_leaf().pem, b"nothing", b""):
        with pytest.raises(DomainError):
            upload_certificate(ALICE, repository.pk, name="", certificate_pem=pem)
    assert not Certificate.objects.exists()
    with pytest.raises(ConflictError) as caught:
        add_certificate(ALICE, repository.pk, import_leaf().certificate.pk)
    assert caught.value.code == "repository.not-a-ca"


def test_wizards_choose_by_source(repository: Repository) -> None:
    authority = make_root("Private")
    partner = upload_certificate(ALICE, repository.pk, name="", certificate_pem=make_ca("Partner").pem).certificate
    other = create_repository(ALICE, name="Other")
    assert list(ca_choices("authority")) == [authority.certificate]
    assert list(ca_choices("third-party")) == [partner]
    assert list(ca_choices("third-party", other.pk)) == []
    assert list(ca_choices("third-party", repository.pk)) == [partner]


def test_a_certificate_is_taken_out_and_stays_stored(repository: Repository) -> None:
    partner = upload_certificate(ALICE, repository.pk, name="", certificate_pem=make_ca("Partner").pem).certificate
    remove_certificate(ALICE, repository.pk, partner.pk)
    assert not repository_certificates(repository).exists()
    add_certificate(ALICE, repository.pk, partner.pk)
    delete_certificate(ALICE, partner.pk)
    assert not repository_certificates(repository).exists()


def test_a_repository_is_renamed_once_for_each_revision(repository: Repository) -> None:
    changed = change_repository(ALICE, repository.pk, name="Suppliers", expected_revision=repository.revision)
    assert (changed.name, changed.description) == ("Suppliers", "")
    with pytest.raises(StaleError):
        change_repository(ALICE, repository.pk, name="X", expected_revision=repository.revision)
    with pytest.raises(StaleError):
        delete_repository(ALICE, repository.pk, expected_revision=repository.revision)


def test_a_taken_name_is_refused(repository: Repository) -> None:
    other = create_repository(ALICE, name="Other")
    with pytest.raises(ConflictError):
        create_repository(ALICE, name="Partners")
    with pytest.raises(ConflictError):
        change_repository(ALICE, other.pk, name="Partners")


def test_a_repository_whose_certificate_is_in_use_is_not_deleted(repository: Repository) -> None:
    add_certificate(ALICE, repository.pk, make_root().certificate_id)
    with pytest.raises(ConflictError) as caught:
        delete_repository(ALICE, repository.pk)
    assert caught.value.code == "repository.in-use"


def test_a_deleted_repository_leaves_its_certificates(repository: Repository) -> None:
    upload_certificate(ALICE, repository.pk, name="", certificate_pem=make_ca().pem)
    delete_repository(ALICE, repository.pk)
    assert not Repository.objects.exists()
    assert Certificate.objects.count() == 1


@pytest.mark.parametrize(("name", "description"), [("", ""), ("x" * 129, ""), ("a\nb", ""), ("x", "y" * 256)])
def test_a_wrong_repository_is_refused(name: str, description: str) -> None:
    with pytest.raises(InvalidInputError):
        create_repository(ALICE, name=name, description=description)


@pytest.mark.parametrize("repository_id", ["", "repo-none", "a\0b", "x" * 1000])
def test_an_absent_repository_is_not_found(repository_id: str) -> None:
    for service in (delete_repository,):
        with pytest.raises(NotFoundError):
            service(ALICE, repository_id)
    with pytest.raises(NotFoundError):
        upload_certificate(ALICE, repository_id, name="", certificate_pem=make_ca().pem)
