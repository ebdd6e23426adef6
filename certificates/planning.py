"""Say what a drop would become: which certificates, with which names, and what is left out and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils import timezone

from certificates.bundles import is_servable
from certificates.drops import Drop
from certificates.issuers import complete_all
from certificates.judgement import findings_of
from certificates.messages import FINDINGS, error_of, message_of
from certificates.models import Certificate, CertificateRequest, CertificateVersion, Kind, SealedKey
from certificates.parser import parser
from certificates.refusals import Finding, Refusal
from certificates.splitting import Item, LeftOut, Understood
from certificates.store import Warned, warnings_of

BATCH = 500


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One certificate of a plan; ``stored`` is the one of the repository that it is already."""

    item: Item
    name: str  # what the certificate is to be called; empty: its first name
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
    """Files that belong together, and what the certificate in them is to be called (an importer knows)."""

    drop: Drop
    name: str = ""
    source: str = ""


@dataclass(slots=True)
class _Found:
    """What the parser's process understood of all groups."""

    items: dict[str, tuple[Item, str]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


def plan_drop(drop: Drop) -> Plan:
    """Return what one drop would become; raise DomainError for one that cannot be read at all."""
    (result,) = parser.read_drops([drop])
    if isinstance(result, Refusal):
        raise error_of(result)
    return _plan([result], [Group(drop)])


def plan_groups(groups: Sequence[Group]) -> Plan:
    """Return what many groups of files would become together; one that cannot be read is left out."""
    results = parser.read_drops([group.drop for group in groups])
    return _plan(results, groups)


def _plan(results: Sequence[Understood | Refusal], groups: Sequence[Group]) -> Plan:
    found = _Found()
    for result, group in zip(results, groups, strict=True):
        if isinstance(result, Refusal):
            found.left_out.append(LeftOut(result.code, group.source, result.parameters))
            continue
        _merge(found, result, group)
    items = [item for item, _name in found.items.values()]
    bundles = complete_all([item.bundle for item in items])
    items = [replace(item, bundle=bundle) for item, bundle in zip(items, bundles, strict=True)]
    planned = list(_planned(items, [name for _item, name in found.items.values()]))
    return Plan(planned, [_omission(each) for each in _explained(found.left_out)])


def _merge(found: _Found, result: Understood, group: Group) -> None:
    """Add a group's items; the same certificate in another group is one item, with the key wherever it is."""
    leaves = sum(item.kind != Kind.CA for item in result.items)
    for item in result.items:
        name = group.name if leaves == 1 and item.kind != Kind.CA else ""
        before = found.items.get(item.id)
        if before is None or (before[0].bundle.key_pem is None and item.bundle.key_pem):
            found.items[item.id] = (item, name or (before[1] if before else ""))
    found.left_out += [LeftOut(each.code, each.source or group.source, each.parameters) for each in result.left_out]


def _planned(items: Sequence[Item], names: Sequence[str]) -> Iterator[PlannedItem]:
    stored = _stored([item.id for item in items])
    keyless = [item for item in items if item.bundle.key_pem is None and is_servable(item.bundle.leaf.description)]
    with_key = _digests_with_key([item.bundle.leaf.description.spki_sha256 for item in keyless])
    now = timezone.now()
    for item, name in zip(items, names, strict=True):
        leaf = item.bundle.leaf.description
        is_key_stored = item.bundle.key_pem is None and leaf.spki_sha256 in with_key and item.kind != Kind.CA
        planned = PlannedItem(item, name, (), stored.get(item.id), is_key_stored)
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


def _explained(left_out: Iterable[LeftOut]) -> list[LeftOut]:
    """Say of a lone key whether it belongs to a certificate of the repository."""
    lone = [str(each.parameters["public_key_sha256"]) for each in left_out if each.code == "drop.key-unmatched"]
    owners: dict[str, str] = {}
    for batch in _batches(lone):
        versions = CertificateVersion.objects.filter(spki_sha256__in=batch)
        owners |= dict(versions.values_list("spki_sha256", "certificate__name"))
    return [_with_owner(each, owners) for each in left_out]


def _with_owner(left_out: LeftOut, owners: Mapping[str, str]) -> LeftOut:
    name = owners.get(str(left_out.parameters.get("public_key_sha256", "")))
    if name is None:
        return left_out
    return LeftOut("drop.key-of-stored", left_out.source, {**left_out.parameters, "name": name})


def _omission(left_out: LeftOut) -> Omission:
    if left_out.code in FINDINGS:
        return Omission(left_out.code, message_of(Finding(left_out.code, left_out.parameters)), "", left_out.source)
    error = error_of(Refusal(left_out.code, "files", **left_out.parameters))
    return Omission(left_out.code, error.message, error.way_out, left_out.source)


def _batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
