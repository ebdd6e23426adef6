"""What an operator should act on about a stored certificate: each with a code, a reason and a fix. Pure.

The limits on validity are those of public authorities (CA/Browser Forum, Baseline Requirements 6.3.2). A certificate
counts as a public authority's when it says so: it carries timestamps of certificate transparency logs (RFC 6962) or
one of the forum's reserved policies. A private authority's certificate has neither.
"""

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates.judgement import SHORTEST_RSA_BITS, WEAK_HASHES
from certificates.matching import is_host_name, lost_names, normalise_name
from certificates.parsing.bundles import Bundle
from certificates.parsing.refusals import Parameters
from certificates.parsing.x509 import UNREADABLE, Description, read_certificate

# Raise it when a rule changes: stored hints of an older edition are found again.
EDITION = 2
SHORTEST_CURVE_BITS = 256
LONGEST_VALIDITY: Sequence[tuple[dt.date, int]] = (
    (dt.date(2029, 3, 15), 47),
    (dt.date(2027, 3, 15), 100),
    (dt.date(2026, 3, 15), 200),
    (dt.date(2020, 9, 1), 398),
)
TIMESTAMPS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
# Extended, domain, organisation and individual validation.
RESERVED_POLICIES = frozenset({"2.23.140.1.1", "2.23.140.1.2.1", "2.23.140.1.2.2", "2.23.140.1.2.3"})
NEEDED_USAGE = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to act on; ``certificates.hint_words`` has the reason and the fix of each code."""

    code: str
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """A stored version, as the rules look at it."""

    kind: str  # "server", "ca" or "client"
    pem: str
    says: Description  # what the certificate itself says
    above: Sequence[Description]
    found_at_import: Collection[str]  # codes of the findings

    @cached_property
    def extensions(self) -> x509.Extensions | None:
        """The certificate's extensions, read when a rule first asks for them; None when they cannot be read."""
        try:
            return x509.load_pem_x509_certificate(self.pem.encode()).extensions
        except UNREADABLE:
            return None

    @property
    def all(self) -> Iterator[Description]:
        """The certificate, then those above it."""
        yield from (self.says, *self.above)


def subject_of(kind: str, leaf_pem: str, chain_pem: str, found_at_import: Collection[str]) -> Subject:
    """Return what the rules look at, read anew; raises Refusal for a certificate that cannot be read."""
    pems = x509.load_pem_x509_certificates((leaf_pem + chain_pem).encode())
    read = (read_certificate(pem.public_bytes(serialization.Encoding.DER), 1) for pem in pems)
    leaf, *chain = (parsed.description for parsed in read)
    return Subject(kind, leaf_pem, leaf, chain, frozenset(found_at_import))


def subject_of_bundle(kind: str, bundle: Bundle, found_at_import: Collection[str]) -> Subject:
    """Return what the rules look at, of a certificate that was read just now."""
    above = [link.description for link in bundle.chain]
    return Subject(kind, bundle.leaf.pem, bundle.leaf.description, above, frozenset(found_at_import))


def lasting_hints(subject: Subject) -> list[Hint]:
    """Return what will be true of this version for ever; the first of a code counts."""
    found = [hint for rule in RULES for hint in rule(subject)]
    return list({hint.code: hint for hint in reversed(found)}.values())[::-1]


def passing_hints(subject: Subject, now: dt.datetime, *, is_used: bool) -> list[Hint]:
    """Return what is true at this moment."""
    found = []
    if now > subject.says.not_after:
        found.append(Hint("expired", {"moment": _written(subject.says.not_after)}))
    expired = [link for link in subject.all if now > link.not_after and link is not subject.says]
    if expired:
        found.append(Hint("chain-expired", {"name": expired[0].label, "moment": _written(expired[0].not_after)}))
    if not is_used and subject.kind != "client":
        found.append(Hint("unused"))
    return found


def is_of_public_authority(subject: Subject) -> bool:
    """Whether the certificate says that a public authority issued it; see the module's text."""
    if subject.extensions is None:
        return False
    for extension in subject.extensions:
        if extension.oid == TIMESTAMPS:
            return True
        if isinstance(extension.value, x509.CertificatePolicies):
            return any(policy.policy_identifier.dotted_string in RESERVED_POLICIES for policy in extension.value)
    return False


def longest_validity(not_before: dt.datetime) -> int | None:
    """Return how many days a public certificate that begins then may be valid; None where no limit was in force."""
    return next((days for since, days in LONGEST_VALIDITY if not_before.date() >= since), None)


def validity_days(not_before: dt.datetime, not_after: dt.datetime) -> int:
    """Return the days of validity as the Baseline Requirements count them: a day begun is a day, both ends count."""
    return math.ceil(((not_after - not_before).total_seconds() + 1) / 86_400)


def _weak_keys(subject: Subject) -> Iterator[Hint]:
    for each in subject.all:
        is_short_rsa = each.key_algorithm == "RSA" and each.key_bits < SHORTEST_RSA_BITS
        is_short_curve = each.key_algorithm == "ECDSA" and each.key_bits < SHORTEST_CURVE_BITS
        if is_short_rsa or is_short_curve or each.key_algorithm == "DSA":
            yield Hint("weak-key", {"name": each.label, "key": f"{each.key_algorithm} {each.key_bits}"})


def _weak_hashes(subject: Subject) -> Iterator[Hint]:
    for each in subject.all:
        # A root is trusted by itself: its own signature counts for nothing. A leaf that has signed itself is held to
        # the rule of leaves, as scanners and audits hold it: nobody who makes one today should use such a hash.
        is_root = each.is_self_signed and each.is_ca
        if each.signature_hash in WEAK_HASHES and not is_root:
            yield Hint("weak-hash", {"name": each.label, "hash": each.signature_hash})


def _chain(subject: Subject) -> Iterator[Hint]:
    if subject.kind == "server" and "chain.incomplete" in subject.found_at_import:
        yield Hint("chain-missing", {"issuer": subject.says.issuer})


def _names(subject: Subject) -> Iterator[Hint]:
    says = subject.says
    if subject.kind != "server":
        return
    if not says.has_san:
        yield Hint("no-san")
    elif is_host_name(says.common_name):
        names = [name.value for name in says.names if name.kind == "dns"]
        if lost_names([normalise_name(says.common_name)], names):
            yield Hint("common-name-not-covered", {"name": says.common_name})


def _trust(subject: Subject) -> Iterator[Hint]:
    if subject.kind == "ca":
        if not subject.says.signs_certificates:
            yield Hint("cannot-sign")
        return
    if subject.says.is_ca:
        yield Hint("ca-as-leaf")
    if subject.says.is_self_signed:
        yield Hint("self-signed")


def _usage(subject: Subject) -> Iterator[Hint]:
    needed = NEEDED_USAGE.get(subject.kind)
    is_told = {"server": subject.says.serves_tls, "client": subject.says.is_client}
    if needed is None or is_told[subject.kind] or subject.extensions is None:
        return
    try:
        usages = set(subject.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return
    if not usages & {needed, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}:
        yield Hint(f"not-for-{subject.kind}s")


def _validity(subject: Subject) -> Iterator[Hint]:
    says = subject.says
    limit = longest_validity(says.not_before) if subject.kind == "server" else None
    days = validity_days(says.not_before, says.not_after)
    if limit is not None and days > limit and is_of_public_authority(subject):
        yield Hint("validity-too-long", {"days": days, "limit": limit})


Rule = Callable[[Subject], Iterator[Hint]]
RULES: Sequence[Rule] = (_trust, _usage, _weak_keys, _weak_hashes, _chain, _names, _validity)


def _written(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d}"
