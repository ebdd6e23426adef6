"""Complete a chain with certificates that are held already. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from cryptography.x509 import load_pem_x509_certificate

from certificates.parsing.bundles import Bundle, Link, link_of, root_dropped
from certificates.parsing.chains import LONGEST_CHAIN, Issuers
from certificates.parsing.refusals import Finding
from certificates.parsing.x509 import Parsed

ENDED, INCOMPLETE, COMPLETED = "chain.root-dropped", "chain.incomplete", "chain.completed"


def parsed_link(link: Link) -> Parsed:
    """Return a link as the parser's process had it."""
    return Parsed(load_pem_x509_certificate(link.pem.encode()), link.description)


def lacks_issuer(bundle: Bundle) -> bool:
    """Whether the issuer of the last certificate of a chain is worth looking for."""
    top = bundle.chain[-1] if bundle.chain else bundle.leaf
    is_ended = top.description.is_self_signed or any(finding.code == ENDED for finding in bundle.findings)
    return not is_ended and not bundle.leaf.description.is_ca


def complete(bundle: Bundle, issuers: Issuers) -> Bundle:
    """Return ``bundle`` with the intermediates that ``issuers`` has above it, each proven by its signature."""
    if not lacks_issuer(bundle):
        return bundle
    used = {link.description.sha256 for link in (bundle.leaf, *bundle.chain)}
    top = parsed_link(bundle.chain[-1] if bundle.chain else bundle.leaf)
    added: list[Parsed] = []
    is_anchored = False
    while not is_anchored and len(bundle.chain) + len(added) < LONGEST_CHAIN:
        issuer = issuers.of(top, used)
        if issuer is None:
            break
        is_anchored = issuer.description.is_self_signed
        if not is_anchored:
            added.append(issuer)
            used.add(issuer.description.sha256)
            top = issuer
    return _with(bundle, added) if added or is_anchored else bundle


def is_completed(bundle: Bundle) -> bool:
    """Whether certificates were put into a chain that did not come with it."""
    return any(finding.code == COMPLETED for finding in bundle.findings)


def parts_among(bundle: Bundle, links: Sequence[Link]) -> tuple[set[str], Bundle]:
    """Return the fingerprints of those of ``links`` that are in the bundle's chain or its root; the root is told of."""
    chain = {link.description.sha256 for link in bundle.chain}
    used = {link.description.sha256 for link in links if link.description.sha256 in chain}
    top = (bundle.chain[-1] if bundle.chain else bundle.leaf).description
    named = [link for link in links if link.description.is_self_signed and link.description.subject == top.issuer]
    root = Issuers(map(parsed_link, named)).of(parsed_link(bundle.chain[-1])) if named and bundle.chain else None
    if root is None or top.is_self_signed:
        return used, bundle
    return used | {root.description.sha256}, replace(bundle, findings=(*bundle.findings, root_dropped(root)))


def _with(bundle: Bundle, added: list[Parsed]) -> Bundle:
    findings = [finding for finding in bundle.findings if finding.code != INCOMPLETE]
    if added:
        findings.append(Finding("chain.completed", {"count": len(added)}))
    chain = (*bundle.chain, *map(link_of, added))
    return Bundle(bundle.leaf, chain, bundle.key_pem, tuple(findings))
