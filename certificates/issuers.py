"""Remember every CA certificate that comes with a chain, and find those that other chains lack."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

from cryptography.x509 import load_pem_x509_certificate

from certificates.models import Issuer
from certificates.parsing.bundles import Bundle, Link
from certificates.parsing.chains import LONGEST_CHAIN, Issuers
from certificates.parsing.completing import complete, lacks_issuer
from certificates.parsing.x509 import Parsed, parsed_of

BATCH = 500
MOST_OF_A_NAME = 50


def remember_issuers(links: Iterable[Link]) -> None:
    """Keep the CA certificates among ``links``, each once. Runs inside ``recording``."""
    authorities = {link.description.sha256: link for link in links if link.description.is_ca}
    rows = [
        Issuer(sha256=sha256, subject_sha256=_digest(link.description.subject), pem=link.pem)
        for sha256, link in authorities.items()
    ]
    Issuer.objects.bulk_create(rows, BATCH, ignore_conflicts=True)


def complete_all(bundles: Sequence[Bundle], beside: Sequence[Parsed] = ()) -> list[Bundle]:
    """Return the bundles with the intermediates that their chains lack and the repository, or ``beside``, holds."""
    tops = [(bundle.chain[-1] if bundle.chain else bundle.leaf) for bundle in bundles if lacks_issuer(bundle)]
    if not tops:
        return list(bundles)
    issuers = Issuers(_above({top.description.issuer for top in tops}, beside))
    return [complete(bundle, issuers) for bundle in bundles]


def _above(names: set[str], beside: Sequence[Parsed]) -> list[Parsed]:
    """Return everyone of these names, whoever is named as their issuers, and so on up."""
    found: dict[str, Parsed] = {}
    asked: set[str] = set()
    for _level in range(LONGEST_CHAIN):
        names -= asked
        if not names:
            break
        asked |= names
        given = (each for each in beside if each.description.subject in names)
        level = {each.description.sha256: each for each in (*_named(sorted(names)), *given)}
        found |= level
        names = {each.description.issuer for each in level.values() if not each.description.is_self_signed}
    return list(found.values())


def _named(names: Sequence[str]) -> Iterable[Parsed]:
    for start in range(0, len(names), BATCH):
        digests = [_digest(name) for name in names[start : start + BATCH]]
        rows = Issuer.objects.filter(subject_sha256__in=digests).order_by("sha256")
        for pem in rows.values_list("pem", flat=True)[: MOST_OF_A_NAME * len(digests)]:
            yield _parsed(pem)


# Rows are never changed, and the same few authorities are asked for again and again.
@lru_cache(maxsize=1000)
def _parsed(pem: str) -> Parsed:
    return parsed_of(load_pem_x509_certificate(pem.encode()))


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
