"""Repositories: named collections of third-party CA certificates."""

from django.db.models import F
from django.utils.translation import gettext as _

from authorities.models import Repository
from authorities.selectors import repository_by_id
from certificates.models import Certificate, CertificateVersion, Kind
from certificates.names import checked_name
from certificates.parsing.bundles import Bundle, Upload
from certificates.selectors import certificate_by_id
from certificates.services import Imported, NewCertificate, store_bundles
from certificates.services.parsing import parse
from certificates.usage import usages_of
from console.errors import ConflictError, InvalidInputError
from console.revisions import refuse_stale, save_revision
from events.actor import Actor
from events.feed import recording

LONGEST_DESCRIPTION = 255
MOST_CERTIFICATES = 1000


def create_repository(actor: Actor, *, name: str, description: str = "") -> Repository:
    """Make an empty repository; raise ConflictError where its name is taken."""
    name, description = _checked(name, description)
    with recording(actor) as changes:
        _refuse_taken(name)
        repository = Repository.objects.create(name=name, description=description, created_by=actor.name)
        changes.record("ca_repository.created", repository, f"Created CA repository “{name}”")
    return repository


def change_repository(
    actor: Actor, repository_id: str, *, name: str, description: str = "", expected_revision: int | None = None
) -> Repository:
    """Give a repository another name and description."""
    name, description = _checked(name, description)
    with recording(actor) as changes:
        repository = _unchanged(repository_id, expected_revision)
        _refuse_taken(name, repository)
        repository.name, repository.description = name, description
        save_revision(repository, "name", "description")
        changes.record("ca_repository.updated", repository, f"Changed CA repository “{name}”")
    return repository


def delete_repository(actor: Actor, repository_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a repository, its certificates stay; raise ConflictError while a listener uses one of them."""
    with recording(actor) as changes:
        repository = _unchanged(repository_id, expected_revision)
        _refuse_used(repository)
        changes.record("ca_repository.deleted", repository, f"Deleted CA repository “{repository.name}”")
        repository.delete()


def upload_certificate(actor: Actor, repository_id: str, *, name: str, certificate_pem: bytes) -> Imported:
    """Store a root or intermediate and put it into the repository; one that is stored already is put there as it is.

    Raises DomainError, having stored nothing.
    """
    repository_by_id(repository_id)
    new = NewCertificate(Kind.CA, checked_name(name), certificate_pem)
    (bundle,) = parse([Upload(Kind.CA, certificate_pem)])
    with recording(actor):
        (imported,) = _stored_already(bundle) or store_bundles(actor, [new], [bundle])
        add_certificate(actor, repository_id, imported.certificate.pk)
    return imported


def _stored_already(bundle: Bundle) -> list[Imported]:
    versions = CertificateVersion.objects.filter(
        sha256=bundle.leaf.description.sha256, certificate__current_version=F("pk")
    )
    return [Imported(row.certificate, row, []) for row in versions.select_related("certificate")[:1]]


def add_certificate(actor: Actor, repository_id: str, certificate_id: str) -> Repository:
    """Put a stored CA certificate into a repository too."""
    with recording(actor) as changes:
        repository, certificate = repository_by_id(repository_id), certificate_by_id(certificate_id)
        _check_member(repository, certificate)
        repository.certificates.add(certificate)
        save_revision(repository)
        changes.record("ca_repository.updated", repository, f"Put “{certificate.name}” into “{repository.name}”")
    return repository


def remove_certificate(actor: Actor, repository_id: str, certificate_id: str) -> Repository:
    """Take a certificate out of a repository; it stays stored, and listeners that use it go on."""
    with recording(actor) as changes:
        repository, certificate = repository_by_id(repository_id), certificate_by_id(certificate_id)
        repository.certificates.remove(certificate)
        save_revision(repository)
        changes.record("ca_repository.updated", repository, f"Took “{certificate.name}” out of “{repository.name}”")
    return repository


def _checked(name: str, description: str) -> tuple[str, str]:
    description = " ".join(description.split())
    if len(description) > LONGEST_DESCRIPTION or not (description.isprintable() or not description):
        raise InvalidInputError(
            _("The description has at most %(limit)s printable characters.") % {"limit": LONGEST_DESCRIPTION},
            "repository.description",
            field="description",
        )
    return checked_name(name, is_required=True), description


def _check_member(repository: Repository, certificate: Certificate) -> None:
    if certificate.kind != Kind.CA:
        raise ConflictError(
            _("“%(name)s” is no CA certificate.") % {"name": certificate.name},
            "repository.not-a-ca",
            field="certificate_id",
            way_out=_("Choose a root or an intermediate."),
        )
    if repository.certificates.count() >= MOST_CERTIFICATES:
        raise ConflictError(
            _("A repository has at most %(limit)s certificates.") % {"limit": MOST_CERTIFICATES},
            "repository.full",
            way_out=_("Create another repository."),
        )


def _refuse_taken(name: str, own: Repository | None = None) -> None:
    if Repository.objects.filter(name=name).exclude(pk=own.pk if own else "").exists():
        raise ConflictError(
            _("Another repository is called “%(name)s”.") % {"name": name},
            "repository.name-taken",
            field="name",
            way_out=_("Choose another name."),
        )


def _refuse_used(repository: Repository) -> None:
    ids = list(repository.certificates.values_list("pk", flat=True))
    used = [uses[0] for uses in usages_of(ids).values() if uses]
    if used:
        raise ConflictError(
            _("“%(name)s” has certificates that are in use, by %(user)s.")
            % {"name": repository.name, "user": used[0].label},
            "repository.in-use",
            way_out=_("Select another CA certificate there first, or take those certificates out of the repository."),
        )


def _unchanged(repository_id: str, expected_revision: int | None) -> Repository:
    repository = repository_by_id(repository_id)
    refuse_stale(repository, expected_revision, "repository.stale")
    return repository
