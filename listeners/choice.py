"""Which certificate serves which name: the certificate matching rule, as one pure function.

The engine matches a name exactly first and by wildcard second. Within one spelling of a name, the order is ECDSA
before RSA, SHA-2 before SHA-1 before MD5, the longest key, the longest remaining validity
(the cloud's certificate matching logic for listeners with several certificates).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

_SERVABLE = re.compile(r"^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$")
_WEAK_HASHES = {"MD5": 2, "SHA1": 1}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An additional certificate of a listener, as far as the choice depends on it."""

    binding_id: int
    names: tuple[str, ...]  # DNS names: lower case, A-labels, no trailing dot
    key_algorithm: str  # "RSA", "ECDSA", "Ed25519", ...
    key_bits: int
    signature_hash: str  # "SHA256", ...; empty where the algorithm has none
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """Who serves a name, and who would but for a better certificate; best first."""

    served: tuple[Candidate, ...]  # one, or one without RSA and one with it: the client's abilities decide
    passed_over: tuple[Candidate, ...] = ()

    @property
    def winner(self) -> Candidate:
        """The certificate for a client that can use any."""
        return self.served[0]


def is_servable(name: str) -> bool:
    """Tell whether the engine can match ``name``: a host name, or a wildcard in place of its first labels."""
    return bool(_SERVABLE.match(name))


def preference(candidate: Candidate) -> tuple[bool, int, int, float, int]:
    """Return a sort key, lowest first, that puts the better certificate before the worse; ties go to the older."""
    return (
        candidate.key_algorithm == "RSA",
        _WEAK_HASHES.get(candidate.signature_hash.upper().replace("-", ""), 0),
        -candidate.key_bits,
        -candidate.not_after.timestamp(),
        candidate.binding_id,
    )


def choose_names(candidates: Iterable[Candidate]) -> dict[str, Choice]:
    """Give each servable name to its best certificate, so that no two filter chains claim one name.

    The order of ``candidates`` does not matter. Names are sorted. A name that both an RSA and another certificate
    claim is served with both.
    """
    claims: dict[str, list[Candidate]] = {}
    for candidate in sorted(candidates, key=preference):
        for name in dict.fromkeys(candidate.names):
            if is_servable(name):
                claims.setdefault(name, []).append(candidate)
    return {name: _choice(claims[name]) for name in sorted(claims)}


def _choice(ordered: list[Candidate]) -> Choice:
    best_of_kind: dict[bool, Candidate] = {}
    for candidate in ordered:
        best_of_kind.setdefault(candidate.key_algorithm == "RSA", candidate)
    served = tuple(best_of_kind.values())
    return Choice(served, tuple(candidate for candidate in ordered if candidate not in served))


def names_by_certificates(choices: Mapping[str, Choice]) -> dict[tuple[int, ...], tuple[str, ...]]:
    """Group names by the set of bindings that serves them: one filter chain each."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, choice in choices.items():
        groups.setdefault(tuple(candidate.binding_id for candidate in choice.served), []).append(name)
    return {bindings: tuple(names) for bindings, names in sorted(groups.items())}


def choice_for(server_name: str, choices: Mapping[str, Choice]) -> Choice | None:
    """Return what a client asking for ``server_name`` gets, None for the default certificate.

    As the engine matches: the exact name, then ever shorter wildcards (so that ``*.w.test`` serves ``a.b.w.test``).
    """
    if server_name in choices:
        return choices[server_name]
    parent = server_name
    while "." in parent:
        parent = parent.partition(".")[2]
        if f"*.{parent}" in choices:
            return choices[f"*.{parent}"]
    return None
