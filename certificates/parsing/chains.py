"""Put a server certificate's chain in order, whatever the order of the file. Pure."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from certificates.parsing.x509 import Parsed

LONGEST_CHAIN = 10
# Authorities of one name whose signature is tried; a name that more share is nobody's.
MOST_CANDIDATES = 20


class Issuers:
    """Certificates by the name of their subject, so that an issuer is found among thousands at once."""

    def __init__(self, certificates: Iterable[Parsed]) -> None:
        self._named: dict[str, list[Parsed]] = {}
        for certificate in certificates:
            self._named.setdefault(certificate.description.subject, []).append(certificate)

    def of(self, child: Parsed, used: Collection[str] = ()) -> Parsed | None:
        """Return who issued ``child``: a cross-signed certificate before a self-signed one, then the one that lasts.

        ``used`` are the fingerprints of the chain so far, which no chain has twice. Names and key identifiers only
        choose whom to try; what counts is the signature.
        """
        wanted = child.description.authority_key_id
        named = self._named.get(child.description.issuer, ())
        candidates = [other for other in named if other is not child and other.description.sha256 not in used]
        if len(candidates) > 1:
            candidates.sort(key=lambda other: _rank(other, wanted), reverse=True)
        found = [other for other in candidates[:MOST_CANDIDATES] if child.is_issued_by(other)]
        return max(found, key=lambda other: _rank(other, ""), default=None)


def _rank(issuer: Parsed, wanted: str) -> tuple[bool, bool, dt.datetime]:
    described = issuer.description
    return (
        bool(wanted) and described.subject_key_id == wanted,
        not described.is_self_signed,
        described.not_after,
    )


@dataclass(frozen=True, slots=True)
class Chain:
    """The intermediates above a leaf, its issuer first; the root that was dropped; what belongs to none of them."""

    intermediates: tuple[Parsed, ...]
    root: Parsed | None
    left_out: tuple[Parsed, ...]
    missing_issuer: str  # whom the chain lacks; empty when nothing is known to be missing
    is_reordered: bool


def build_chain(leaf: Parsed, others: Sequence[Parsed], issuers: Issuers | None = None) -> Chain:
    """Follow the issuers from ``leaf`` through ``others``, which are distinct and come in the file's order.

    ``issuers`` is an index of ``others``, for whoever builds many chains.
    """
    index = issuers or Issuers(others)
    links: list[Parsed] = []
    top = leaf
    while not top.description.is_self_signed and len(links) < LONGEST_CHAIN:
        issuer = index.of(top, {leaf.description.sha256, *(link.description.sha256 for link in links)})
        if issuer is None:
            break
        links.append(issuer)
        top = issuer
    linked = {link.description.sha256 for link in links}
    left_out = tuple(other for other in others if other.description.sha256 not in linked)
    root = links[-1] if links and links[-1].description.is_self_signed else None
    return Chain(
        intermediates=tuple(links[:-1] if root else links),
        root=root,
        left_out=left_out,
        missing_issuer=_missing_issuer(top, is_bare=not links, has_strangers=bool(left_out)),
        is_reordered=links != [other for other in others if other.description.sha256 in linked],
    )


def _missing_issuer(top: Parsed, *, is_bare: bool, has_strangers: bool) -> str:
    """Name the issuer of ``top`` where clients will hardly know it.

    A chain normally ends below a root that is not sent, so an absent issuer is only worth a word when no
    intermediate was given at all, or when certificates were given that it does not link to.
    """
    if top.description.is_self_signed or not (is_bare or has_strangers):
        return ""
    return top.description.issuer
