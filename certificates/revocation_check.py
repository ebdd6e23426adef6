"""What a listener does with the revocation lists of its CA certificate at a moment. Pure.

The engine (BoringSSL) refuses a client for whose issuer it has no list, once it has any list at all, and everybody
whose issuer's list has expired. So lists are in force only when every authority that issues clients has one, and a
list that is to be ignored when it has expired is taken away from the engine just before.
"""

import datetime as dt
from dataclasses import dataclass

# An ignored list is left out so much before its end that the engine, told a moment later, never meets it expired.
LEFT_OUT_BEFORE_END = dt.timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class TrustedAuthority:
    """One authority of a CA certificate.

    ``issues_clients``: it issued no other authority of the bundle, so it is taken to issue clients. ``is_anchored``:
    it is a root, or its issuer is in the bundle too, so that its own revocation can be checked.
    """

    label: str
    spki_sha256: str
    issues_clients: bool
    is_anchored: bool


@dataclass(frozen=True, slots=True)
class CarriedList:
    """One list of a CA certificate; ``next_update`` is None for a list that never ends."""

    id: int
    sha256: str
    issuer: str
    issuer_spki_sha256: str
    next_update: dt.datetime | None
    is_ignored_when_expired: bool

    @property
    def stops_at(self) -> dt.datetime | None:
        """When listeners begin to treat it as expired."""
        lead = LEFT_OUT_BEFORE_END if self.is_ignored_when_expired else dt.timedelta()
        return self.next_update - lead if self.next_update else None

    def has_stopped(self, moment: dt.datetime) -> bool:
        """Whether listeners treat it as expired at ``moment``."""
        return self.stops_at is not None and self.stops_at <= moment


@dataclass(frozen=True, slots=True)
class Revocation:
    """The authorities of a CA certificate and the lists that it carries, each list with its bytes (DER) elsewhere."""

    authorities: tuple[TrustedAuthority, ...] = ()
    lists: tuple[CarriedList, ...] = ()

    def at(self, moment: dt.datetime) -> "RevocationCheck":
        """Return what listeners check at ``moment``."""
        ended = tuple(each for each in self.lists if each.has_stopped(moment))
        ignored = tuple(each for each in ended if each.is_ignored_when_expired)
        usable = tuple(each for each in self.lists if each not in ignored)
        covered = {each.issuer_spki_sha256 for each in usable}
        unlisted = [each for each in self.authorities if each.issues_clients and each.spki_sha256 not in covered]
        known = {each.issuer_spki_sha256 for each in self.lists}
        return RevocationCheck(
            lists=() if unlisted else usable,
            is_whole_chain=all(each.is_anchored and each.spki_sha256 in covered for each in self.authorities),
            refusing=() if unlisted else tuple(each for each in ended if each not in ignored),
            ignored=ignored,
            uncovered=tuple(each.label for each in unlisted if each.spki_sha256 not in known) if self.lists else (),
        )


@dataclass(frozen=True, slots=True)
class RevocationCheck:
    """What listeners check at one moment: nothing when ``lists`` is empty.

    ``is_whole_chain``: the intermediates are checked as well as the client. ``refusing``: expired lists, whose
    issuers' clients are all refused. ``ignored``: expired lists that are left out. ``uncovered``: authorities
    without any list, which is why the lists of the others are not in force.
    """

    lists: tuple[CarriedList, ...]
    is_whole_chain: bool
    refusing: tuple[CarriedList, ...] = ()
    ignored: tuple[CarriedList, ...] = ()
    uncovered: tuple[str, ...] = ()

    @property
    def is_on(self) -> bool:
        """Whether clients are checked against lists."""
        return bool(self.lists)
