"""The words of every hint, by code: how bad it is, what it is called, why it matters, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.hints import Hint


class Words(NamedTuple):
    """How bad it is (``red``: clients refuse it; ``yellow``: they may; ``grey``: tidy up), and the sentences."""

    colour: str
    title: Promise
    reason: Promise
    fix: Promise


@dataclass(frozen=True, slots=True)
class Advice:
    """A hint as people and REST clients see it."""

    code: str
    colour: str
    title: str
    reason: str
    fix: str


_HAVE_ISSUED_AGAIN = _("Have it issued again and replace it here; every listener follows.")

WORDS: Mapping[str, Words] = {
    "expired": Words("red", _("Expired"), _("It ended on %(moment)s: every client refuses it."), _HAVE_ISSUED_AGAIN),
    "chain-expired": Words(
        "red",
        _("Chain expired"),
        _("“%(name)s” in its chain ended on %(moment)s: clients that follow this chain refuse it."),
        _("Replace the certificate with the same one and its issuer's current intermediates."),
    ),
    "self-signed": Words(
        "red",
        _("Self-signed"),
        _("It is signed by itself: no client trusts it unless it was told to, one by one."),
        _("Have it issued by an authority, public or private."),
    ),
    "ca-as-leaf": Words(
        "red",
        _("CA certificate as a leaf"),
        _("It may sign other certificates; clients refuse or distrust such a certificate on a server."),
        _("Have it issued again with basicConstraints CA:FALSE."),
    ),
    "not-for-servers": Words(
        "red",
        _("Not for servers"),
        _("Its extended key usage does not name server authentication: clients refuse it."),
        _("Have it issued again with the usage serverAuth."),
    ),
    "not-for-clients": Words(
        "red",
        _("Not for clients"),
        _("Its extended key usage does not name client authentication: listeners refuse it."),
        _("Have it issued again with the usage clientAuth."),
    ),
    "cannot-sign": Words(
        "red",
        _("Cannot sign"),
        _("Its key usage does not allow it to sign certificates: no client that it issued is let in."),
        _("Use the certificate of the authority that issued the clients."),
    ),
    "weak-key": Words(
        "red",
        _("Weak key"),
        _("The key of “%(name)s” (%(key)s) is too short: clients refuse it, and so do listeners."),
        _("Make a new key (RSA 2048 or more, or ECDSA P-256) and have the certificate issued for it."),
    ),
    "weak-hash": Words(
        "red",
        _("Weak hash"),
        _("“%(name)s” is signed with %(hash)s, which can be forged; clients refuse it."),
        _("Have it issued again: authorities sign with SHA-256 or better today."),
    ),
    "chain-missing": Words(
        "yellow",
        _("Chain missing"),
        _("The certificate of its issuer “%(issuer)s” is not sent: clients that do not know it refuse the connection."),
        _("Replace it with the certificate followed by its intermediates."),
    ),
    "no-san": Words(
        "yellow",
        _("No alternative names"),
        _("It has only a common name, which browsers have ignored since 2017."),
        _("Have it issued again with its names as subject alternative names."),
    ),
    "common-name-not-covered": Words(
        "yellow",
        _("Common name not covered"),
        _("Its common name “%(name)s” is not among its alternative names: clients that ask for it refuse it."),
        _("Have it issued again with that name among the alternative names, if anybody uses it."),
    ),
    "validity-too-long": Words(
        "yellow",
        _("Valid for too long"),
        _("It is valid for %(days)s days; public certificates that begin then may be for %(limit)s at most."),
        _("Have it issued again for fewer days; browsers refuse it."),
    ),
    "unused": Words(
        "grey",
        _("Unused"),
        _("Nothing serves or checks with it, and it is watched and renewed all the same."),
        _("Delete it, or choose it on a listener."),
    ),
}


def advice_of(hint: Hint) -> Advice:
    """Return ``hint`` in the language of the reader."""
    words = WORDS[hint.code]
    return Advice(
        hint.code, words.colour, str(words.title), str(words.reason) % hint.parameters, str(words.fix) % hint.parameters
    )
