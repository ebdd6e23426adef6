"""Certify authorities whose keys are elsewhere: a request comes in, a CA certificate goes out."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509

from authorities.building import Life, Reach, build_authority
from authorities.orders import check_life
from authorities.selectors import authority_by_id
from authorities.services.creating import check_against, checked_path_length
from authorities.services.issuing import record_issued
from authorities.signing import open_issuer
from certificates.models import Kind
from certificates.names import free_names
from certificates.services import Imported, NewCertificate, store_bundles
from certificates.signing_requests import read_signing_request
from certificates.subjects import Subject, distinguished_name
from events.actor import Actor
from events.feed import recording


@dataclass(frozen=True, slots=True)
class OutsideAuthority:
    """An authority that somebody else keeps; what is given of ``subject`` goes before what its request says."""

    csr_pem: bytes
    life: Life
    subject: Subject = field(default_factory=Subject)
    path_length: int | None = 0  # how many authorities may stand below it; None: no limit of its own
    extended_usages: Sequence[x509.ObjectIdentifier] = ()


def certify_authority(actor: Actor, authority_id: str, new: OutsideAuthority) -> Imported:
    """Sign the certificate of an authority outside and store it as a CA certificate, which has no key here.

    Raises DomainError with the field at fault.
    """
    request = read_signing_request(new.csr_pem)
    check_life(new.life)
    given = {part: value for part, value in dataclasses.asdict(new.subject).items() if value}
    subject = distinguished_name(dataclasses.replace(request.subject, **given))
    reach = Reach(checked_path_length(new.path_length), extended_usages=new.extended_usages)
    with recording(actor) as changes:
        signer = open_issuer(authority_by_id(authority_id))
        check_against(signer, subject, new.life, reach)
        certificate = signer.sign(build_authority(request.public_key, subject, new.life, reach, signer.issuer))
        record_issued(changes, signer.authority, certificate, "ca")
        bundle = signer.bundle(certificate, None)
        name = free_names([bundle.leaf.description.common_name])[0]
        # What a CA certificate has beside it is trusted too, so those above stay out.
        alone = dataclasses.replace(bundle, chain=())
        (stored,) = store_bundles(actor, [NewCertificate(Kind.CA, name, b"")], [alone])
    return stored
