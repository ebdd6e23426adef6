"""Every read of authorities, what they issued, and repositories."""

from cryptography import x509
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from authorities.models import Authority, IssuedCertificate, Repository
from certificates.models import Certificate, CertificateVersion, Kind
from console.errors import NotFoundError
from console.ids import is_id

# Keyset of the list of issued certificates: newest first.
ISSUED_ORDER = ("-id",)
LONGEST_QUERY = 300
DEEPEST = 20  # authorities above one another


def authorities() -> QuerySet[Authority]:
    """Return the authorities, oldest first, with their certificates and how many they issued and revoked."""
    issued = Count("issued", distinct=True)
    revoked = Count("issued", filter=Q(issued__revoked_at__isnull=False), distinct=True)
    found = Authority.objects.select_related("certificate__current_version", "parent__certificate", "published")
    return found.annotate(issued_count=issued, revoked_count=revoked)


def authority_by_id(authority_id: str) -> Authority:
    """Return an authority with its certificate; raise NotFoundError."""
    found = Authority.objects.select_related("certificate__current_version", "parent__certificate", "published")
    authority = found.filter(pk=authority_id).first() if is_id(authority_id) else None
    if authority is None:
        raise NotFoundError(
            _("There is no authority “%(id)s”.") % {"id": authority_id[:64]},
            "authority.not-found",
            field="authority_id",
            way_out=_("It may have been deleted; look it up in the list of authorities."),
        )
    return authority


def current_version(authority: Authority) -> CertificateVersion:
    """Return the authority's own certificate as it is now."""
    version = authority.certificate.current_version
    if version is None:
        raise NotFoundError(_("The authority has no certificate."), "authority.no-certificate")
    return version


def x509_of(authority: Authority) -> x509.Certificate:
    """Return the authority's own certificate, parsed."""
    return x509.load_pem_x509_certificate(current_version(authority).leaf_pem.encode())


def line_of(authority: Authority) -> list[Authority]:
    """Return the authority and those above it, the root last."""
    line = [authority]
    while line[-1].parent_id and len(line) < DEEPEST:
        line.append(authority_by_id(line[-1].parent_id))
    return line


def is_revoked(authority: Authority) -> bool:
    """Whether the authority above revoked this one's certificate as it is now, or any because its key was stolen."""
    if authority.parent_id is None:
        return False
    revoked = IssuedCertificate.objects.filter(
        authority_id=authority.parent_id, version__certificate=authority.certificate_id, revoked_at__isnull=False
    )
    is_current = Q(sha256=current_version(authority).sha256)
    return revoked.filter(is_current | Q(reason=IssuedCertificate.Reason.KEY_COMPROMISE)).exists()


def issued_by(authority_id: str, *, query: str = "", state: str = "") -> QuerySet[IssuedCertificate]:
    """Return what an authority issued, newest first; ``query`` is part of a subject, or a serial number.

    ``state`` is ``valid``, ``revoked`` or empty for all.
    """
    found = IssuedCertificate.objects.filter(authority_id=authority_id).select_related("version__certificate")
    if text := query.replace("\0", "").strip()[:LONGEST_QUERY]:
        serial = text.replace(":", "").lower().lstrip("0")
        found = found.filter(Q(subject__icontains=text) | Q(serial=serial))
    if state in {"valid", "revoked"}:
        found = found.filter(revoked_at__isnull=state == "valid")
    return found.order_by(*ISSUED_ORDER)


def issued_by_serial(authority_id: str, serial: str) -> IssuedCertificate:
    """Return what an authority issued under a serial number (hexadecimal); raise NotFoundError."""
    digits = serial.replace(":", "").lower().lstrip("0") if serial.isascii() and serial.isprintable() else ""
    found = IssuedCertificate.objects.select_related("authority__certificate", "version__certificate")
    of_authority = found.filter(authority_id=authority_id, serial=digits or "0")
    issued = of_authority.first() if is_id(authority_id) else None
    if issued is None:
        raise NotFoundError(
            _("The authority issued no certificate with the serial number “%(serial)s”.") % {"serial": serial[:64]},
            "issued.not-found",
            field="serial",
            way_out=_("Look it up in the list of issued certificates."),
        )
    return issued


def repositories() -> QuerySet[Repository]:
    """Return the repositories by name, with how many certificates each has."""
    return Repository.objects.annotate(certificate_count=Count("certificates")).order_by("name", "id")


def repository_by_id(repository_id: str) -> Repository:
    """Return a repository; raise NotFoundError."""
    found = Repository.objects.filter(pk=repository_id).first() if is_id(repository_id) else None
    if found is None:
        raise NotFoundError(
            _("There is no CA repository “%(id)s”.") % {"id": repository_id[:64]},
            "repository.not-found",
            field="repository_id",
            way_out=_("It may have been deleted; look it up in the list of CA repositories."),
        )
    return found


def repository_certificates(repository: Repository) -> QuerySet[Certificate]:
    """Return the certificates of a repository, soonest expiry first."""
    return repository.certificates.select_related("current_version").order_by("not_after", "id")


def ca_choices(source: str, repository_id: str = "") -> QuerySet[Certificate]:
    """Return the CA certificates that a wizard offers, by name.

    ``source`` is ``authority`` (of the private authorities here) or ``third-party`` (in repositories, or with
    ``repository_id`` in that one).
    """
    found = Certificate.objects.filter(kind=Kind.CA, current_version__isnull=False).select_related("current_version")
    if source == "authority":
        return found.filter(authority__isnull=False).order_by("name")
    held = Repository.certificates.through.objects.all()
    if repository_id:
        held = held.filter(repository_id=repository_id)
    return found.filter(pk__in=held.values("certificate_id")).order_by("name")


def path_length_of(authority: Authority) -> int | None:
    """Return how many authorities may stand below one; None without a limit of its own."""
    found = x509_of(authority).extensions.get_extension_for_class(x509.BasicConstraints)
    return found.value.path_length
