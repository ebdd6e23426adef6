"""What speaks against a certificate that a server has shown, as its clients would say it. Pure."""

import ipaddress
from collections.abc import Sequence
from typing import Any

from certificates.matching import WILDCARD, is_address
from certificates.parsing.bundles import Link
from certificates.parsing.x509 import Description
from watchlist.handshake import Objection
from watchlist.problems import problem
from watchlist.targets import Target

Problem = dict[str, Any]
LONGEST_LABEL = 200
# X509_V_ERR_… of OpenSSL's x509_vfy.h.
SELF_SIGNED_LEAF, SELF_SIGNED_IN_CHAIN = 18, 19
ISSUER_MISSING = frozenset({2, 20, 21, 27})
CODES = {
    7: "signature",
    9: "not-yet-valid",
    10: "expired",
    24: "authority-invalid",
    26: "purpose",
    32: "authority-invalid",
    79: "authority-invalid",
}


def trust_problems(target: Target, chain: Sequence[Link], objections: Sequence[Objection]) -> list[Problem]:
    """Return what is wrong, each once: the name first, then what OpenSSL said of the chain."""
    descriptions = [link.description for link in chain]
    found = [] if is_for(descriptions[0], target.expected_name) else [_mismatch(target)]
    for objection in objections:
        said = _said(objection, descriptions)
        if said not in found:
            found.append(said)
    return found


def is_for(leaf: Description, name: str) -> bool:
    """Whether ``leaf`` is for ``name``: by its alternative names alone, a wildcard for one label (RFC 9525, 6.3)."""
    if not leaf.has_san:
        return False
    if is_address(name):
        wanted = ipaddress.ip_address(name)
        return any(each.kind == "ip" and _is_same_address(each.value, wanted) for each in leaf.names)
    parent = name.partition(".")[2]
    covering = {name, WILDCARD + parent} if parent else {name}
    return any(each.kind == "dns" and each.value in covering for each in leaf.names)


def _is_same_address(text: str, wanted: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return is_address(text) and ipaddress.ip_address(text) == wanted


def _mismatch(target: Target) -> Problem:
    return problem("name-mismatch", name=target.expected_name)


def _said(objection: Objection, chain: Sequence[Description]) -> Problem:
    at = chain[min(objection.depth, len(chain) - 1)]
    if objection.number == SELF_SIGNED_LEAF:
        return problem("self-signed")
    if objection.number == SELF_SIGNED_IN_CHAIN:
        return problem("authority-unknown", issuer=at.subject[:LONGEST_LABEL])
    if objection.number in ISSUER_MISSING:
        # A chain ends below a root that is not sent; a server that sends nothing but its own forgot the rest.
        code = "chain-incomplete" if len(chain) == 1 else "authority-unknown"
        return problem(code, issuer=at.issuer[:LONGEST_LABEL])
    code = CODES.get(objection.number, "other")
    more = {"number": objection.number} if code == "other" else {}
    return problem(code, subject=at.label[:LONGEST_LABEL], **more)
