"""Make one certificate of what was uploaded: which is the leaf, which the chain, is the key its own. Pure.

This is the whole of what runs in the parser's process; ``certificates.parsing.parser`` calls it from the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from certificates.parsing.chains import Chain, build_chain
from certificates.parsing.containers.opening import read_blocks
from certificates.parsing.formats import Block
from certificates.parsing.objections import objection_to
from certificates.parsing.private_keys import CURVES, LARGEST_RSA_BITS, ServerKey, open_key, pkcs8_pem
from certificates.parsing.refusals import Finding, Refusal
from certificates.parsing.x509 import Description, Parsed, public_key_digest, read_certificate

CERTIFICATE_FIELD = "certificate_pem"
KEY_FIELD = "private_key_pem"
SERVED_ALGORITHMS = frozenset({"RSA", "ECDSA", "Ed25519"})


@dataclass(frozen=True, slots=True)
class Upload:
    """What an operator sent for one certificate, untouched: PEM, or any other format that is read."""

    kind: str  # "server" or "ca"
    certificate_pem: bytes
    private_key_pem: bytes | None = None
    passphrase: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate in PEM, with what it says."""

    pem: str
    description: Description


@dataclass(frozen=True, slots=True)
class Bundle:
    """A certificate that fits together.

    ``chain`` has the intermediates of a server certificate, or what is trusted beside a CA certificate; ``key_pem``
    is PKCS#8, None for a CA certificate and for one that is only watched.
    """

    leaf: Link
    chain: tuple[Link, ...]
    key_pem: bytes | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ServedChain:
    """Certificates that a server outside has shown, DER each, the server's own first."""

    certificates: tuple[bytes, ...]


def read_served(served: ServedChain) -> tuple[Link, ...]:
    """Return what each certificate says, in the server's order; raise Refusal for one that cannot be read."""
    return tuple(link_of(read_certificate(der, 0)) for der in served.certificates)


def read_bundle(upload: Upload) -> Bundle:
    """Return what ``upload`` holds; raise Refusal with the first thing that makes it unusable."""
    if upload.kind == "ca":
        return _read_ca(upload)
    return _read_server(upload)


def _read_ca(upload: Upload) -> Bundle:
    blocks = read_blocks(upload.certificate_pem, CERTIFICATE_FIELD, _passphrases(upload))
    if (upload.private_key_pem or b"").strip():
        raise Refusal("key.not-wanted", KEY_FIELD)
    if any(block.is_key for block in blocks):
        raise Refusal("key.not-wanted", CERTIFICATE_FIELD)
    parsed, findings = _certificates(blocks)
    for certificate in parsed:
        if not certificate.description.is_ca:
            raise Refusal("certificate.not-ca", certificate=certificate.description.label)
    findings += [
        Finding("ca.cannot-sign", {"certificate": certificate.description.label})
        for certificate in parsed
        if not certificate.description.signs_certificates
    ]
    if len(parsed) > 1:
        findings.append(Finding("ca.several", {"count": len(parsed)}))
    leaf, *others = parsed
    return Bundle(link_of(leaf), tuple(map(link_of, others)), None, tuple(findings))


def _read_server(upload: Upload) -> Bundle:
    blocks = read_blocks(upload.certificate_pem, CERTIFICATE_FIELD, _passphrases(upload))
    parsed, findings = _certificates(blocks)
    if all(certificate.description.is_ca for certificate in parsed):
        raise Refusal("certificate.is-ca", certificate=parsed[0].description.label)
    leaf, key = _leaf_and_key(parsed, blocks, upload)
    chain = build_chain(leaf, [other for other in parsed if other is not leaf])
    findings += _chain_findings(chain, leaf_was_first=parsed[0] is leaf)
    findings += findings_of_serving(leaf)
    key_pem = None if key is None else pkcs8_pem(key)
    return Bundle(link_of(leaf), tuple(map(link_of, chain.intermediates)), key_pem, tuple(findings))


def _leaf_and_key(parsed: Sequence[Parsed], blocks: Sequence[Block], upload: Upload) -> tuple[Parsed, ServerKey | None]:
    """Return the certificate that the key belongs to; one whose key nothing here can use is taken without it."""
    leaves = [certificate for certificate in parsed if not certificate.description.is_ca]
    if not any(is_servable(leaf.description) for leaf in leaves):
        return leaves[0], None
    key = open_key(_key_block(blocks, upload, leaves), upload.passphrase)
    leaf = _leaf_of(key, parsed)
    _check_leaf(leaf.description)
    return leaf, key


def is_servable(leaf: Description) -> bool:
    """Whether keys of this kind are taken at all; others are watched by their certificates alone."""
    return leaf.key_algorithm in SERVED_ALGORITHMS


def findings_of_serving(leaf: Parsed) -> list[Finding]:
    """Return what is said of a certificate that no listener will serve."""
    says = leaf.description
    if not is_servable(says):
        return [Finding("certificate.watched-only", {"certificate": says.label, "algorithm": says.key_algorithm})]
    objection = None if says.is_client else objection_to(leaf.certificate, says.label)
    return [objection] if objection else []


def _passphrases(upload: Upload) -> tuple[str, ...]:
    return (upload.passphrase,) if upload.passphrase else ()


def link_of(parsed: Parsed) -> Link:
    """Return a certificate as it leaves the parser."""
    return Link(parsed.pem, parsed.description)


def _certificates(blocks: Sequence[Block]) -> tuple[list[Parsed], list[Finding]]:
    """Read every certificate once; a repeated one is left out and said."""
    distinct = {block.der: block for block in blocks if block.is_certificate}
    if not distinct:
        raise Refusal("certificate.missing")
    parsed = [read_certificate(block.der, block.line) for block in distinct.values()]
    repeated = sum(block.is_certificate for block in blocks) - len(distinct)
    return parsed, [Finding("chain.repeated", {"count": repeated})] if repeated else []


def _key_block(blocks: Sequence[Block], upload: Upload, leaves: Sequence[Parsed]) -> Block:
    """Return the one private key, from its own field or from the file of the certificate.

    Without one the refusal says which public keys it could belong to: it may be kept already.
    """
    keys = {block.der: block for block in blocks if block.is_key}
    if (upload.private_key_pem or b"").strip():
        own = read_blocks(upload.private_key_pem or b"", KEY_FIELD, _passphrases(upload))
        given = [block for block in own if block.is_key]
        if not given:
            raise Refusal("key.not-a-key", KEY_FIELD)
        keys |= {block.der: block for block in given}
    elif not keys:
        public_keys = " ".join(leaf.description.spki_sha256 for leaf in leaves)
        raise Refusal("key.missing", KEY_FIELD, public_keys=public_keys)
    if len(keys) > 1:
        raise Refusal("key.several", KEY_FIELD, count=len(keys))
    return next(iter(keys.values()))


def _leaf_of(key: ServerKey, parsed: Sequence[Parsed]) -> Parsed:
    """Return the certificate that the key belongs to, wherever in the file it is."""
    wanted = public_key_digest(key.public_key())
    for certificate in parsed:
        if certificate.public_key_sha256 == wanted:
            return certificate
    servers = [certificate for certificate in parsed if not certificate.description.is_ca]
    raise Refusal("key.mismatch", KEY_FIELD, certificate=servers[0].description.label)


def _check_leaf(leaf: Description) -> None:
    if leaf.is_ca:
        raise Refusal("certificate.is-ca", certificate=leaf.label)
    if leaf.key_algorithm == "RSA" and leaf.key_bits > LARGEST_RSA_BITS:
        raise Refusal("key.too-large", KEY_FIELD, limit=LARGEST_RSA_BITS)
    if leaf.key_algorithm == "ECDSA" and leaf.curve not in CURVES:
        raise Refusal("key.unsupported", KEY_FIELD)


def _chain_findings(chain: Chain, *, leaf_was_first: bool) -> list[Finding]:
    findings = []
    if chain.is_reordered or not leaf_was_first:
        findings.append(Finding("chain.reordered"))
    if chain.root:
        findings.append(root_dropped(chain.root))
    findings += [Finding("chain.foreign", {"certificate": other.description.label}) for other in chain.left_out]
    if chain.missing_issuer:
        findings.append(Finding("chain.incomplete", {"issuer": chain.missing_issuer}))
    return findings


def root_dropped(root: Parsed) -> Finding:
    """Return what is said of a root that came with a chain."""
    return Finding("chain.root-dropped", {"certificate": root.description.label})
