"""Say what a drop would become: which certificates, with which names, and what is left out and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils import timezone

from certificates.issuers import complete_all
from certificates.judgement import findings_of
from certificates.messages import FINDINGS, error_of, message_of
from certificates.models import Certificate, CertificateRequest, CertificateVersion, Kind, SealedKey
from certificates.parsing.bundles import is_servable
from certificates.parsing.completing import is_completed, parsed_link, parts_among
from certificates.parsing.drops import Drop
from certificates.parsing.parser import parser
from certificates.parsing.refusals import Finding, Refusal
from certificates.parsing.splitting import Item, LeftOut, PoolKey, Understood
from certificates.store import Warned, warnings_of

BATCH = 500


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One certificate of a plan; ``stored`` is the one of the repository that it is already."""

    item: Item
    name: str  # what the certificate is to be called; empty: its first name
    owner: str
    warnings: Sequence[Warned]
    stored: Certificate | None = None
    is_key_stored: bool = False

    @property
    def id(self) -> str:
        """The certificate's fingerprint."""
        return self.item.id

    @property
    def kind(self) -> Kind:
        """What it would be stored as."""
        return Kind(self.item.kind)

    @property
    def has_key(self) -> bool:
        """Whether its private key came along, or is here already."""
        return self.item.bundle.key_pem is not None or self.is_key_stored

    @property
    def is_chosen(self) -> bool:
        """Whether it is imported unless somebody says otherwise: new, and of use."""
        return self.stored is None and not self.lacks_key

    @property
    def lacks_key(self) -> bool:
        """Whether it could be served if only its key had come."""
        return self.kind == Kind.SERVER and not self.has_key and is_servable(self.item.bundle.leaf.description)


@dataclass(frozen=True, slots=True)
class Omission:
    """What no item has: why, what to do, and the file that it was in."""

    code: str
    message: str
    way_out: str
    source: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a drop holds."""

    items: Sequence[PlannedItem] = ()
    left_out: Sequence[Omission] = ()

    @property
    def chosen(self) -> list[PlannedItem]:
        """The items that are imported unless somebody says otherwise."""
        return [item for item in self.items if item.is_chosen]

    @property
    def needs_passphrase(self) -> bool:
        """Whether something did not open for want of the right passphrase."""
        return any(omission.code.endswith(("passphrase-missing", "passphrase-wrong")) for omission in self.left_out)


@dataclass(frozen=True, slots=True)
class Group:
    """Files that belong together, and what is known of the certificate in them."""

    drop: Drop
    name: str = ""  # of the certificate, where there is one
    owner: str = ""
    source: str = ""  # where the files are


Placed = tuple[Item, Group]


@dataclass(slots=True)
class _Found:
    """What the parser's process understood of all groups: each certificate once, with the group that named it."""

    items: dict[str, tuple[Item, Group]] = field(default_factory=dict)
    keys: dict[str, PoolKey] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


def plan_drop(drop: Drop) -> Plan:
    """Return what one drop would become; raise DomainError for one that cannot be read at all."""
    (result,) = parser.read_drops([drop])
    if isinstance(result, Refusal):
        raise error_of(result)
    return _plan([result], [Group(drop)])


def plan_groups(groups: Sequence[Group]) -> Plan:
    """Return what many groups of files would become together; one that cannot be read is left out."""
    return _plan(parser.read_drops([group.drop for group in groups]), groups)


def _plan(results: Sequence[Understood | Refusal], groups: Sequence[Group]) -> Plan:
    found = _Found()
    for result, group in zip(results, groups, strict=True):
        if isinstance(result, Refusal):
            found.left_out.append(LeftOut(result.code, group.source, result.parameters))
        else:
            _merge(found, result, group)
    planned = list(_planned(_completed(_with_keys(found))))
    return Plan(planned, [_omission(each) for each in [*found.left_out, *_lone_keys(found.keys)]])


def _merge(found: _Found, result: Understood, group: Group) -> None:
    """Add a group's certificates and keys; what another group had already is kept once, with its key."""
    leaves = sum(item.kind != Kind.CA for item in result.items)
    for item in result.items:
        before = found.items.get(item.id)
        if before is None or (before[0].bundle.key_pem is None and item.bundle.key_pem):
            is_named = leaves == 1 and item.kind != Kind.CA
            found.items[item.id] = (item, group if is_named else Group(group.drop))
    found.keys |= {key.public_key_sha256: key for key in result.keys}
    found.left_out += [replace(each, source=each.source or group.source) for each in result.left_out]


def _with_keys(found: _Found) -> list[Placed]:
    """Give the certificates of one group the keys that lay in another."""
    items = []
    for item, group in found.items.values():
        is_open = item.bundle.key_pem is None and item.kind != Kind.CA
        key = found.keys.get(item.public_key_sha256) if is_open else None
        if key and is_servable(item.bundle.leaf.description):
            sources = tuple(dict.fromkeys((*item.sources, key.source)))
            items.append((replace(item, bundle=replace(item.bundle, key_pem=key.pem), sources=sources), group))
        else:
            items.append((item, group))
    for item, _group in items:
        found.keys.pop(item.public_key_sha256, None)
    return items


def _completed(items: Sequence[Placed]) -> list[Placed]:
    """Complete the chains from the authorities of all groups and those that the repository holds."""
    links = [link for item, _group in items for link in (item.bundle.leaf, *item.bundle.chain)]
    authorities = {link.description.sha256: link for link in links if link.description.is_ca}
    bundles = complete_all([item.bundle for item, _group in items], list(map(parsed_link, authorities.values())))
    completed = [(replace(item, bundle=each), group) for (item, group), each in zip(items, bundles, strict=True)]
    return list(_joined(completed))


def _joined(items: Sequence[Placed]) -> Iterator[Placed]:
    """Take the authorities that came with a chain which the repository closed as that chain's, not as ones apart."""
    authorities: dict[int, list[Item]] = {}
    for item, group in items:
        if item.kind == Kind.CA:
            authorities.setdefault(id(group.drop), []).append(item)
    taken: set[str] = set()
    joined = []
    for item, group in items:
        apart = authorities.get(id(group.drop), []) if is_completed(item.bundle) else []
        used, bundle = parts_among(item.bundle, [each.bundle.leaf for each in apart])
        taken |= used
        sources = [source for each in apart if each.id in used for source in each.sources]
        joined.append((replace(item, bundle=bundle, sources=tuple(dict.fromkeys((*item.sources, *sources)))), group))
    return ((item, group) for item, group in joined if item.id not in taken)


def _planned(placed: Sequence[Placed]) -> Iterator[PlannedItem]:
    items = [item for item, _group in placed]
    stored = _stored([item.id for item in items])
    keyless = [item for item in items if item.bundle.key_pem is None and is_servable(item.bundle.leaf.description)]
    with_key = _digests_with_key([item.bundle.leaf.description.spki_sha256 for item in keyless])
    now = timezone.now()
    for item, group in placed:
        leaf = item.bundle.leaf.description
        is_key_stored = item.bundle.key_pem is None and leaf.spki_sha256 in with_key and item.kind != Kind.CA
        planned = PlannedItem(item, group.name, group.owner, (), stored.get(item.id), is_key_stored)
        findings = findings_of(item.bundle, is_server=item.kind == Kind.SERVER, now=now)
        yield replace(planned, warnings=warnings_of([*_of_key(planned), *findings]))


def _of_key(planned: PlannedItem) -> Iterator[Finding]:
    leaf = planned.item.bundle.leaf.description
    if planned.lacks_key:
        yield Finding("drop.without-key", {"certificate": leaf.label})
    if planned.is_key_stored:
        yield Finding("drop.key-stored", {"certificate": leaf.label})


def _stored(fingerprints: Sequence[str]) -> dict[str, Certificate]:
    """Return the certificates of the repository that have these fingerprints in any version."""
    found: dict[str, Certificate] = {}
    for batch in _batches(fingerprints):
        versions = CertificateVersion.objects.filter(sha256__in=batch).select_related("certificate")
        found |= {version.sha256: version.certificate for version in versions}
    return found


def _digests_with_key(digests: Sequence[str]) -> set[str]:
    """Return the public keys whose private halves are here, with a certificate or with a request."""
    found: set[str] = set()
    for batch in _batches(digests):
        found |= set(
            SealedKey.objects.filter(version__spki_sha256__in=batch).values_list("version__spki_sha256", flat=True)
        )
        found |= set(
            CertificateRequest.objects.filter(spki_sha256__in=batch, key__isnull=False).values_list(
                "spki_sha256", flat=True
            )
        )
    return found


def _lone_keys(keys: Mapping[str, PoolKey]) -> Iterator[LeftOut]:
    """Say of each key without a certificate whether it belongs to one of the repository."""
    owners: dict[str, str] = {}
    for batch in _batches(list(keys)):
        versions = CertificateVersion.objects.filter(spki_sha256__in=batch)
        owners |= dict(versions.values_list("spki_sha256", "certificate__name"))
    for digest, key in keys.items():
        if name := owners.get(digest):
            yield LeftOut("drop.key-of-stored", key.source, {"key": key.label, "name": name})
        else:
            yield LeftOut("drop.key-unmatched", key.source, {"key": key.label})


def _omission(left_out: LeftOut) -> Omission:
    if left_out.code in FINDINGS:
        return Omission(left_out.code, message_of(Finding(left_out.code, left_out.parameters)), "", left_out.source)
    error = error_of(Refusal(left_out.code, "files", **left_out.parameters))
    return Omission(left_out.code, error.message, error.way_out, left_out.source)


def _batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
