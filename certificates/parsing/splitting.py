"""Split what was dropped into several certificates: each with its key and its chain in order. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from certificates.parsing.bundles import Bundle, findings_of_serving, is_servable, link_of, root_dropped
from certificates.parsing.chains import Issuers, build_chain
from certificates.parsing.refusals import Finding, Parameters
from certificates.parsing.x509 import Parsed

SERVER, CLIENT, CA = "server", "client", "ca"


@dataclass(frozen=True, slots=True)
class PoolCertificate:
    """A certificate of a drop, and the file that it was in."""

    parsed: Parsed
    source: str


@dataclass(frozen=True, slots=True)
class PoolKey:
    """A private key of a drop: PKCS#8 in PEM, the digest of its public half, and the file that it was in."""

    pem: bytes
    public_key_sha256: str
    label: str  # "RSA 2048"
    source: str


@dataclass(frozen=True, slots=True)
class Item:
    """One certificate as it was understood; ``sources`` are the files that its parts came from."""

    kind: str
    bundle: Bundle
    public_key_sha256: str
    sources: tuple[str, ...]

    @property
    def id(self) -> str:
        """The fingerprint: the same for the same certificate, whoever reads it again."""
        return self.bundle.leaf.description.sha256


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What no item has, and why; ``code`` is of a refusal or of a finding."""

    code: str
    source: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Understood:
    """All that one drop holds; ``keys`` are those that belong to none of its certificates."""

    items: tuple[Item, ...]
    keys: tuple[PoolKey, ...]
    left_out: tuple[LeftOut, ...]


def split(certificates: Sequence[PoolCertificate], keys: Sequence[PoolKey]) -> Understood:
    """Return an item for each leaf, with its chain, and for each authority that is part of no chain."""
    distinct = list({each.parsed.description.sha256: each for each in reversed(certificates)}.values())[::-1]
    pool = _Pool(distinct, keys)
    leaves = [each for each in distinct if not each.parsed.description.is_ca]
    items = [pool.leaf_item(leaf) for leaf in leaves]
    apart = [each for each in distinct if each.parsed.description.is_ca and id(each.parsed) not in pool.linked]
    items += [pool.authority_item(each) for each in apart]
    return Understood(tuple(items), tuple(pool.loose_keys(distinct)), tuple(_repeated(certificates, distinct)))


class _Pool:
    """What the items of a drop share."""

    def __init__(self, certificates: Sequence[PoolCertificate], keys: Sequence[PoolKey]) -> None:
        self._authorities = [each.parsed for each in certificates if each.parsed.description.is_ca]
        self._issuers = Issuers(self._authorities)
        self._sources = {id(each.parsed): each.source for each in certificates}
        self._keys = {key.public_key_sha256: key for key in reversed(keys)}
        self.linked: set[int] = set()

    def leaf_item(self, leaf: PoolCertificate) -> Item:
        """Return a server or client certificate with what belongs to it."""
        parsed, described = leaf.parsed, leaf.parsed.description
        chain = build_chain(parsed, (), self._issuers)
        self.linked.update(id(link) for link in (*chain.intermediates, *filter(None, [chain.root])))
        digest = parsed.public_key_sha256
        key = self._keys.get(digest) if is_servable(described) else None
        findings = findings_of_serving(parsed)
        if chain.root:
            findings.append(root_dropped(chain.root))
        if chain.missing_issuer:
            findings.append(Finding("chain.incomplete", {"issuer": chain.missing_issuer}))
        bundle = Bundle(
            link_of(parsed), tuple(map(link_of, chain.intermediates)), key.pem if key else None, tuple(findings)
        )
        used = [leaf.source, *([key.source] if key else []), *(self._sources[id(each)] for each in chain.intermediates)]
        return Item(CLIENT if described.is_client else SERVER, bundle, digest, tuple(dict.fromkeys(used)))

    def authority_item(self, authority: PoolCertificate) -> Item:
        """Return a CA certificate by itself; its key, if it came, is not taken."""
        parsed = authority.parsed
        digest = parsed.public_key_sha256
        findings = []
        if digest in self._keys:
            findings.append(Finding("drop.ca-key", {"certificate": parsed.description.label}))
        if not parsed.description.signs_certificates:
            findings.append(Finding("ca.cannot-sign", {"certificate": parsed.description.label}))
        return Item(CA, Bundle(link_of(parsed), (), None, tuple(findings)), digest, (authority.source,))

    def loose_keys(self, certificates: Iterable[PoolCertificate]) -> list[PoolKey]:
        """Return the keys that belong to no certificate of the drop."""
        known = {each.parsed.public_key_sha256 for each in certificates}
        return [key for digest, key in self._keys.items() if digest not in known]


def _repeated(certificates: Sequence[PoolCertificate], distinct: Sequence[PoolCertificate]) -> list[LeftOut]:
    count = len(certificates) - len(distinct)
    return [LeftOut("drop.repeated", "", {"count": count})] if count else []
