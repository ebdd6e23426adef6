"""What applying a manifest keeps in mind: who does it, what is wanted and stored, and which name has which id."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from certificates.models import Certificate
from console.errors import DomainError, InvalidInputError, NotFoundError
from console.progress import APPLY, tell
from events.actor import Actor
from listeners.models import Listener, LoadBalancer, SecurityPolicy, ServerGroup
from listeners.products import transport_of
from listeners.tls_policies import system_policy_ids
from manifests.schemas import NAMES, Entry

_IDS = {name: field for field, name in NAMES.items()}


@contextmanager
def at(*place: str | int) -> Iterator[None]:
    """Put ``place`` before the field of what is refused within."""
    try:
        yield
    except DomainError as error:
        own = ".".join(NAMES.get(part, part) for part in error.field.split("."))
        error.field = ".".join([*map(str, place), own]).removesuffix(".")
        raise


class Wanted:
    """A document by the keys of its objects. Raises InvalidInputError for an object that is declared twice."""

    def __init__(self, document: Mapping[str, Sequence[Entry]]) -> None:
        self.policies = _keyed("security_policies", document, lambda each: (region_of(each), each["name"]))
        self._regional = len(document["regional_certificates"])
        self.regions = {
            (entry["certificate"], region) for entry in document["regional_certificates"] for region in entry["regions"]
        }
        self.groups = _keyed("server_groups", document, lambda each: each["name"])
        self.balancers = _keyed("load_balancers", document, lambda each: each["name"])
        self.listeners: dict[tuple[str, int, str], Entry] = {}
        for n, balancer in enumerate(document["load_balancers"]):
            inner = {"listeners": balancer.get("listeners", [])}
            with at("load_balancers", n):
                found = _keyed("listeners", inner, lambda each, of=balancer: listener_key(of, each))  # type: ignore[misc]
            self.listeners |= found

    @property
    def count(self) -> int:
        """The number of objects."""
        return self._regional + sum(map(len, (self.policies, self.groups, self.balancers, self.listeners)))


def _keyed(section: str, document: Mapping[str, Sequence[Entry]], key: Callable[[Entry], Any]) -> dict[Any, Entry]:
    found: dict[Any, Entry] = {}
    for n, entry in enumerate(document[section]):
        own = key(entry)
        if own in found:
            raise InvalidInputError(
                _("The same object stands twice in the manifest."),
                "manifest.object-twice",
                field=f"{section}.{n}",
                way_out=_("Keep one of them."),
            )
        found[own] = entry
    return found


def region_of(entry: Entry) -> str:
    """Return the region of an entry; without one it is that of this installation."""
    return entry.get("region") or settings.REGION


def listener_key(balancer: Entry, entry: Entry) -> tuple[str, int, str]:
    """Return what makes a listener the same one: its load balancer, its port, and what that is of."""
    return balancer["name"], entry["port"], transport_of(entry.get("protocol", Listener.Protocol.TCPSSL))


@dataclass
class Run:
    """One application of a manifest, within one transaction."""

    actor: Actor
    wanted: Wanted
    stored: Wanted
    _certificates: dict[str, str] = field(default_factory=dict)
    _groups: dict[str, str] = field(default_factory=dict)
    _done: int = 0

    def step(self, apply: Callable[["Run", Entry], None], entry: Entry, section: str, n: int) -> None:
        """Apply one entry, and say where a refusal came from."""
        with at(section, n):
            apply(self, entry)
        self.count()

    def count(self) -> None:
        """Note that one more entry is done."""
        self._done += 1
        tell(APPLY, self._done, self.wanted.count)

    def certificate_id(self, name: str, field: str) -> str:
        """Return the id of the certificate with this name. Raises NotFoundError."""
        if not self._certificates:
            self._certificates = dict(Certificate.objects.filter(name__in=self._named()).values_list("name", "pk"))
        if name not in self._certificates:
            raise NotFoundError(
                _("There is no certificate “%(name)s”.") % {"name": name[:140]},
                "manifest.certificate-not-found",
                field=field,
                way_out=_("Import it under this name first: a manifest names certificates and never holds their keys."),
            )
        return self._certificates[name]

    def _named(self) -> set[str]:
        """Return the names of all certificates that the manifest mentions."""
        wanted = self.wanted
        entries = [*wanted.groups.values(), *wanted.listeners.values()]
        found = {entry.get(field) for entry in entries for field in ("certificate", "ca_certificate")}
        found |= {name for entry in entries for name in entry.get("additional_certificates", [])}
        found |= {each["certificate"] for entry in entries for each in entry.get("domain_extensions", [])}
        found |= {name for name, _region in wanted.regions}
        return {name for name in found if name}

    def group_id(self, name: str, field: str = "server_group") -> str:
        """Return the id of the server group with this name. Raises NotFoundError."""
        if name not in self._groups:
            self._groups = dict(ServerGroup.objects.values_list("name", "pk"))
        if name not in self._groups:
            raise NotFoundError(
                _("There is no server group “%(name)s”.") % {"name": name[:140]},
                "manifest.server-group-not-found",
                field=field,
                way_out=_("Declare it under server_groups, or correct the name."),
            )
        return self._groups[name]

    def policy_id(self, name: str, region: str) -> str:
        """Return the id of a TLS security policy: a system one is its name. What is neither, the service refuses."""
        if name in system_policy_ids():
            return name
        row = SecurityPolicy.objects.filter(region=region, name=name).first()
        return row.pk if row else name


def balancer_named(name: str) -> LoadBalancer:
    """Return a load balancer that is stored."""
    return LoadBalancer.objects.get(name=name)


def is_as_wanted(entry: Entry, stored: Entry | None) -> bool:
    """Tell whether all that an entry declares is stored, spelled just so; where in doubt, it is not."""
    return stored is not None and all(name in stored and stored[name] == value for name, value in entry.items())


def ids_of(entry: Entry) -> Entry:
    """Return the fields of an entry under the names that services have for them."""
    return {_IDS.get(name, name): value for name, value in entry.items()}


def portions(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield ``items`` in pieces that one operation takes."""
    for start in range(0, len(items), max(size, 1)):
        yield items[start : start + max(size, 1)]
