"""Who uses a certificate, and what they could not use: a port that the layers above answer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from cryptography import x509
from django.db.models import QuerySet
from django.urls import reverse

from certificates.models import Certificate, CertificateVersion
from events.actor import Actor

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Usage:
    """One use of a certificate: the object that uses it, the name of its page's address, and as what."""

    object_id: str
    label: str
    page: str
    role: str

    @property
    def url(self) -> str:
        """The page of the object that uses it."""
        return reverse(self.page, args=[self.object_id])


@dataclass(frozen=True, slots=True)
class Usages(Sequence[Usage]):
    """The first uses of a certificate, how many there are in all, and where all are listed (empty: nowhere)."""

    shown: tuple[Usage, ...] = ()
    total: int = 0
    list_url: str = ""

    @property
    def more(self) -> int:
        """How many are not among those shown."""
        return self.total - len(self.shown)

    def __len__(self) -> int:
        """Count those shown; ``total`` counts all."""
        return len(self.shown)

    @overload
    def __getitem__(self, index: int) -> Usage: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Usage]: ...

    def __getitem__(self, index: int | slice) -> Usage | Sequence[Usage]:
        """Return one of those shown, or some."""
        return self.shown[index]

    def joined(self, other: "Usages", most: int) -> "Usages":
        """Return these and then those of another layer, ``most`` of them shown."""
        shown = (*self.shown, *other.shown)[:most]
        return Usages(shown, self.total + other.total, self.list_url or other.list_url)


# Asked for certificates by id and for how many uses of each; counts them all.
Provider = Callable[[Collection[str], int], Mapping[str, Usages]]
# Raises DomainError when a user of the certificate could not take this leaf as its new version.
VersionCheck = Callable[[Certificate, x509.Certificate], None]
# Told of versions in the transaction that stores them.
StoreListener = Callable[[Sequence[CertificateVersion]], None]

# What a layer has that goes with a certificate, by its id; and its end, in the transaction that deletes that.
Followers = Callable[[str], Sequence[Usage]]
FollowersEnd = Callable[[Actor, str], None]

# Returns the ids of the certificates that a layer uses, as a query that is not run yet.
UsedQuery = Callable[[], QuerySet[Any, Any]]

_providers: list[Provider] = []
_used_queries: list[UsedQuery] = []
_version_checks: list[VersionCheck] = []
_store_listeners: list[StoreListener] = []
_followers: list[tuple[Followers, FollowersEnd]] = []


def register(provider: Provider) -> None:
    """Have ``provider`` asked who uses given certificates; called in ``ready()``, once a process."""
    if provider not in _providers:
        _providers.append(provider)


def usages_of(certificate_ids: Collection[str], most: int = MOST_SHOWN) -> dict[str, Usages]:
    """Return the first uses of each certificate and how many there are; one that nobody uses has none.

    A certificate can be on thousands of listeners: ``most`` is how many of each are read.
    """
    usages = dict.fromkeys(certificate_ids, Usages())
    for provider in _providers:
        for certificate_id, found in provider(certificate_ids, most).items():
            usages[certificate_id] = usages[certificate_id].joined(found, most)
    return usages


def register_used(query: UsedQuery) -> None:
    """Have lists filtered by the certificates that ``query`` returns; called in ``ready()``, once a process."""
    if query not in _used_queries:
        _used_queries.append(query)


def used_queries() -> list[QuerySet[Any, Any]]:
    """Return one query for the ids of used certificates of each layer, for a condition inside the database."""
    return [query() for query in _used_queries]


def register_version_check(check: VersionCheck) -> None:
    """Have ``check`` asked before a certificate gets a new version or goes back to an older one."""
    if check not in _version_checks:
        _version_checks.append(check)


def check_new_version(certificate: Certificate, leaf: x509.Certificate) -> None:
    """Raise DomainError when a user of ``certificate`` could not take ``leaf`` in its place."""
    for check in _version_checks:
        check(certificate, leaf)


def register_followers(followers: Followers, end: FollowersEnd) -> None:
    """Have a layer's objects deleted with a certificate, and named before; called in ``ready()``, once a process."""
    if (followers, end) not in _followers:
        _followers.append((followers, end))


def followers_of(certificate_id: str) -> Usages:
    """Return what would be deleted together with a certificate."""
    found = tuple(follower for followers, _end in _followers for follower in followers(certificate_id))
    return Usages(found, len(found))


def end_followers(actor: Actor, certificate_id: str) -> None:
    """Delete what goes with a certificate, inside the transaction that deletes it."""
    for _named, end in _followers:
        end(actor, certificate_id)


def register_store_listener(listener: StoreListener) -> None:
    """Have ``listener`` told of every version that is stored, before the transaction ends."""
    if listener not in _store_listeners:
        _store_listeners.append(listener)


def tell_stored(versions: Sequence[CertificateVersion]) -> None:
    """Tell the layers above which versions were stored."""
    for listener in _store_listeners:
        listener(versions)
