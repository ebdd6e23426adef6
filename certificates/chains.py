"""Put a server certificate's chain in order, whatever the order of the file. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from certificates.x509 import Parsed

LONGEST_CHAIN = 10


@dataclass(frozen=True, slots=True)
class Chain:
    """The intermediates above a leaf, its issuer first; the root that was dropped; what belongs to none of them."""

    intermediates: tuple[Parsed, ...]
    root: Parsed | None
    left_out: tuple[Parsed, ...]
    missing_issuer: str  # whom the chain lacks; empty when nothing is known to be missing
    is_reordered: bool


def build_chain(leaf: Parsed, others: Sequence[Parsed]) -> Chain:
    """Follow the issuers from ``leaf`` through ``others``, which are distinct and come in the file's order."""
    links: list[Parsed] = []
    top = leaf
    while not top.description.is_self_signed and len(links) < LONGEST_CHAIN:
        issuer = _issuer_of(top, [other for other in others if other not in links])
        if issuer is None:
            break
        links.append(issuer)
        top = issuer
    left_out = tuple(other for other in others if other not in links)
    root = links[-1] if links and links[-1].description.is_self_signed else None
    return Chain(
        intermediates=tuple(links[:-1] if root else links),
        root=root,
        left_out=left_out,
        missing_issuer=_missing_issuer(top, is_bare=not links, has_strangers=bool(left_out)),
        is_reordered=links != [other for other in others if other in links],
    )


def _issuer_of(child: Parsed, candidates: Sequence[Parsed]) -> Parsed | None:
    """Choose a cross-signed issuer before a self-signed one, then the one that lasts longest."""
    issuers = [candidate for candidate in candidates if child.is_issued_by(candidate)]
    return max(
        issuers,
        key=lambda issuer: (not issuer.description.is_self_signed, issuer.description.not_after),
        default=None,
    )


def _missing_issuer(top: Parsed, *, is_bare: bool, has_strangers: bool) -> str:
    """Name the issuer of ``top`` where clients will hardly know it.

    A chain normally ends below a root that is not sent, so an absent issuer is only worth a word when no
    intermediate was given at all, or when certificates were given that it does not link to.
    """
    if top.description.is_self_signed or not (is_bare or has_strangers):
        return ""
    return top.description.issuer
