"""Who uses a certificate, and what they could not use: a port that the layers above answer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509

from certificates.models import Certificate


@dataclass(frozen=True, slots=True)
class Usage:
    """One use of a certificate: the object that uses it, where its page is, and as what."""

    object_id: str
    label: str
    url: str
    role: str


Provider = Callable[[Collection[str]], Mapping[str, Sequence[Usage]]]
# Raises DomainError when a user of the certificate could not take this leaf as its new version.
VersionCheck = Callable[[Certificate, x509.Certificate], None]

_providers: list[Provider] = []
_version_checks: list[VersionCheck] = []


def register(provider: Provider) -> None:
    """Have ``provider`` asked who uses given certificates; called in ``ready()``, once a process."""
    if provider not in _providers:
        _providers.append(provider)


def usages_of(certificate_ids: Collection[str]) -> dict[str, list[Usage]]:
    """Return the uses of each certificate, an empty list for one that nobody uses."""
    usages: dict[str, list[Usage]] = {certificate_id: [] for certificate_id in certificate_ids}
    for provider in _providers:
        for certificate_id, found in provider(certificate_ids).items():
            usages[certificate_id].extend(found)
    return usages


def register_version_check(check: VersionCheck) -> None:
    """Have ``check`` asked before a certificate gets a new version or goes back to an older one."""
    if check not in _version_checks:
        _version_checks.append(check)


def check_new_version(certificate: Certificate, leaf: x509.Certificate) -> None:
    """Raise DomainError when a user of ``certificate`` could not take ``leaf`` in its place."""
    for check in _version_checks:
        check(certificate, leaf)
