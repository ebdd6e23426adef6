"""Create authorities: roots, and subordinates below an authority that is here."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from django.utils import timezone
from django.utils.translation import gettext as _

from authorities.building import Life, Reach, SigningKey, build_authority, hash_for, life_of
from authorities.constraints import first_outside, first_wider, read_constraints, subtree_text
from authorities.models import Authority
from authorities.orders import check_days
from authorities.selectors import authority_by_id
from authorities.services.issuing import outlives, record_issued
from authorities.services.publishing import keep_responder, publish
from authorities.signing import Signer, key_pem_of, link_of, open_issuer, open_signer
from certificates.key_types import KeyType, generate_key
from certificates.models import Kind
from certificates.names import free_names
from certificates.parsing.bundles import Bundle
from certificates.services import NewCertificate, store_bundles
from certificates.subjects import Subject, distinguished_name
from console.errors import InvalidInputError
from events.actor import Actor
from events.feed import recording

LONGEST_PATH = 10


@dataclass(frozen=True, slots=True)
class NewAuthority:
    """An authority that is wanted; with ``parent_id`` a subordinate."""

    subject: Subject
    name: str = ""  # in the repository; blank takes the common name
    parent_id: str = ""
    key_type: str = KeyType.P256.value
    days: int = 3650
    path_length: int | None = 0  # how many authorities may stand below it; None: no limit of its own
    permitted_names: Sequence[str] = field(default_factory=tuple)
    excluded_names: Sequence[str] = field(default_factory=tuple)
    extended_usages: Sequence[x509.ObjectIdentifier] = field(default_factory=tuple)  # empty: signs for all uses


def create_authority(actor: Actor, new: NewAuthority) -> Authority:
    """Make an authority with a fresh key; raise InvalidInputError with the field at fault, having stored nothing."""
    check_days(new.days)
    subject = distinguished_name(new.subject)
    constraints = read_constraints(new.permitted_names, new.excluded_names)
    reach = Reach(checked_path_length(new.path_length), constraints, new.extended_usages)
    key = generate_key(new.key_type)
    life = life_of(new.days, timezone.now())
    with recording(actor) as changes:
        signer = open_issuer(authority_by_id(new.parent_id)) if new.parent_id else None
        if signer:
            check_against(signer, subject, life, reach)
        certificate = signed_authority(signer, key, subject, life, reach)
        if signer:
            record_issued(changes, signer.authority, certificate, "ca")
        bundle = Bundle(link_of(certificate), (), key_pem_of(key), ())
        name = new.name or free_names([new.subject.common_name.strip()])[0]
        (stored,) = store_bundles(actor, [NewCertificate(Kind.CA, name, b"")], [bundle])
        authority = Authority.objects.create(
            certificate=stored.certificate, parent=signer.authority if signer else None, created_by=actor.name
        )
        changes.record("authority.created", authority, f"Created authority “{stored.certificate.name}”")
        own = open_signer(authority)
        keep_responder(own)
        publish(changes, own)
    return authority


def signed_authority(
    signer: Signer | None, key: SigningKey, subject: x509.Name, life: Life, reach: Reach
) -> x509.Certificate:
    """Return the certificate of an authority with ``key``: signed by the one above, or by itself without ``signer``."""
    public = key.public_key()
    if signer is None:
        return build_authority(public, subject, life, reach).sign(key, hash_for(key))
    return signer.sign(build_authority(public, subject, life, reach, signer.issuer))


def check_against(signer: Signer, subject: x509.Name, life: Life, reach: Reach) -> None:
    """Refuse a subordinate that would last longer or reach further than those above it."""
    parent = signer.certificate
    if life.end > parent.not_valid_after_utc:
        raise outlives(parent)
    _check_path_length(parent, reach.path_length)
    if wider := first_wider(reach.constraints, signer.line):
        raise InvalidInputError(
            _("“%(name)s” is outside the names that the authority above may sign for.") % {"name": subtree_text(wider)},
            "authority.name-constrained",
            field="permitted_names",
        )
    if first_outside((), subject, signer.line):
        raise InvalidInputError(
            _("The subject has a name that the authority above may not sign for."),
            "authority.name-constrained",
            field="common_name",
        )


def checked_path_length(path_length: int | None) -> int | None:
    """Return how many authorities may stand below one, None without a limit; raise InvalidInputError."""
    if path_length is not None and not 0 <= path_length <= LONGEST_PATH:
        raise InvalidInputError(
            _("The path length is 0 to %(limit)s.") % {"limit": LONGEST_PATH},
            "authority.path-length",
            field="path_length",
        )
    return path_length


def _check_path_length(parent: x509.Certificate, path_length: int | None) -> None:
    allowed = parent.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    if allowed is None:
        return
    if allowed == 0:
        raise InvalidInputError(
            _("The authority above may have no authority below it: its path length is 0."),
            "authority.path-length",
            field="parent_id",
            way_out=_("Choose another one, or create a root whose path length is at least 1."),
        )
    if path_length is None or path_length >= allowed:
        raise InvalidInputError(
            _("The path length must be below that of the authority above, which is %(length)s.") % {"length": allowed},
            "authority.path-length",
            field="path_length",
        )
