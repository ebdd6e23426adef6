"""What an operator should know of a certificate that is accepted all the same. Pure."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from certificates.expiry import Validity, validity
from certificates.matching import is_host_name, lost_names
from certificates.parsing.bundles import Bundle
from certificates.parsing.refusals import Finding
from certificates.parsing.x509 import Description

SHORTEST_RSA_BITS = 2048
WEAK_HASHES = frozenset({"MD2", "MD5", "SHA1"})
MOST_NAMES_TOLD = 20
# Bits of security of RSA by modulus length (NIST SP 800-57 part 1, table 2); elliptic curves have half their length.
RSA_SECURITY = ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80))
MATCHED_KINDS = frozenset({"dns", "ip"})
# What an outline takes over from a description, and from a stored version, where it is called the same.
FACTS = ("sha256", "spki_sha256", "key_algorithm", "key_bits", "signature_hash", "not_before", "not_after")
# A renewal that is shorter by less than this is meant to be as long.
SAME_LIFE = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outline:
    """What is compared of two versions when one takes the other's place."""

    names: Sequence[str]  # those that clients are matched by
    sha256: str
    spki_sha256: str
    key_algorithm: str
    key_bits: int
    signature_hash: str
    not_before: dt.datetime
    not_after: dt.datetime

    @property
    def life(self) -> dt.timedelta:
        """From the first to the last moment of validity."""
        return self.not_after - self.not_before


def outline_of(description: Description) -> Outline:
    """Return the outline of a parsed certificate."""
    names = [name.value for name in description.names if name.kind in MATCHED_KINDS]
    return Outline(names, **{fact: getattr(description, fact) for fact in FACTS})


def findings_of(bundle: Bundle, *, is_server: bool, now: dt.datetime) -> list[Finding]:
    """Return everything to be said of ``bundle``, what the parser found included."""
    leaf = bundle.leaf.description
    findings = [*_of_validity(leaf, now), *_of_strength(leaf)]
    if is_server:
        findings += _of_server(leaf)
    findings += bundle.findings
    for link in bundle.chain:
        findings += _of_link(link.description, now)
    return findings


def findings_of_replacement(before: Outline, after: Outline, *, is_ca: bool = False) -> list[Finding]:
    """Return what is lost when ``after`` takes the place of ``before``, and that a key is used again.

    An authority that is renewed keeps its key: what it signed could not be verified by another.
    """
    return [*_losses(before, after), *(() if is_ca else _same_key(before, after))]


def findings_of_return(label: str, before: Outline, after: Outline, now: dt.datetime) -> list[Finding]:
    """Return what is to be said when an older version, called ``label``, is served again."""
    expired = {"certificate": label, "moment": _written(after.not_after)}
    findings = [Finding("certificate.expired", expired)] if now > after.not_after else []
    return [*findings, *_losses(before, after)]


def security_bits(algorithm: str, bits: int) -> int:
    """Return the security strength of a key, comparable over algorithms."""
    if algorithm in {"RSA", "DSA"}:
        return next((strength for length, strength in RSA_SECURITY if bits >= length), 0)
    return bits // 2


def _of_validity(leaf: Description, now: dt.datetime) -> Iterator[Finding]:
    state = validity(leaf.not_before, leaf.not_after, now)
    if state is Validity.EXPIRED:
        yield Finding("certificate.expired", _at(leaf, leaf.not_after))
    elif state is Validity.NOT_YET:
        yield Finding("certificate.not-yet-valid", _at(leaf, leaf.not_before))


def _of_strength(certificate: Description) -> Iterator[Finding]:
    label = {"certificate": certificate.label}
    if certificate.key_algorithm == "RSA" and certificate.key_bits < SHORTEST_RSA_BITS:
        yield Finding("certificate.weak-key", {**label, "algorithm": "RSA", "bits": certificate.key_bits})
    # Nobody checks the signature that a certificate has made on itself.
    if certificate.signature_hash in WEAK_HASHES and not certificate.is_self_signed:
        yield Finding("certificate.weak-signature", {**label, "hash": certificate.signature_hash})


def _of_server(leaf: Description) -> Iterator[Finding]:
    if not leaf.has_san:
        yield Finding("certificate.no-san", {"certificate": leaf.label})
    for name in leaf.names:
        if name.kind == "dns" and not is_host_name(name.value):
            yield Finding("certificate.name-unusable", {"name": name.value})
    if not leaf.serves_tls:
        yield Finding("certificate.not-for-servers", {"certificate": leaf.label})


def _of_link(link: Description, now: dt.datetime) -> Iterator[Finding]:
    yield from _of_strength(link)
    if validity(link.not_before, link.not_after, now) is Validity.EXPIRED:
        yield Finding("chain.expired", _at(link, link.not_after))


def _losses(before: Outline, after: Outline) -> Iterator[Finding]:
    yield from _names_lost(before, after)
    yield from _weaker_key(before, after)
    yield from _weaker_hash(before, after)
    yield from _ends_sooner(before, after)


def _names_lost(before: Outline, after: Outline) -> Iterator[Finding]:
    lost = lost_names(before.names, after.names)
    if lost:
        more = ["…"] if len(lost) > MOST_NAMES_TOLD else []
        yield Finding("certificate.names-lost", {"names": ", ".join(lost[:MOST_NAMES_TOLD] + more)})


def _weaker_key(before: Outline, after: Outline) -> Iterator[Finding]:
    old = security_bits(before.key_algorithm, before.key_bits)
    if security_bits(after.key_algorithm, after.key_bits) < old:
        key = {
            "after": f"{after.key_algorithm} {after.key_bits}",
            "before": f"{before.key_algorithm} {before.key_bits}",
        }
        yield Finding("certificate.weaker-key", key)


def _weaker_hash(before: Outline, after: Outline) -> Iterator[Finding]:
    if after.signature_hash in WEAK_HASHES and before.signature_hash not in WEAK_HASHES:
        yield Finding("certificate.weaker-hash", {"after": after.signature_hash, "before": before.signature_hash})


def _ends_sooner(before: Outline, after: Outline) -> Iterator[Finding]:
    if after.not_after < before.not_after:
        yield Finding("certificate.ends-sooner", {"moment": _written(after.not_after)})
    elif before.life - after.life > SAME_LIFE:
        yield Finding("certificate.shorter-validity", {"after": after.life.days, "before": before.life.days})


def _same_key(before: Outline, after: Outline) -> Iterator[Finding]:
    if after.spki_sha256 == before.spki_sha256 and after.sha256 != before.sha256:
        yield Finding("certificate.same-key")


def _at(certificate: Description, moment: dt.datetime) -> dict[str, str]:
    return {"certificate": certificate.label, "moment": _written(moment)}


def _written(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
