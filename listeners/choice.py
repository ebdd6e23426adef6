"""Which certificate serves which name: the certificate matching rule, as one pure function.

The engine matches a name exactly first and by wildcard second. Within one spelling of a name, the order is ECDSA
before RSA, SHA-2 before SHA-1 before MD5, the longest key, the longest remaining validity
(the cloud's certificate matching logic for listeners with several certificates).
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

_SERVABLE = re.compile(r"^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$")
# The cloud lets every certificate of an Application Load Balancer's listener compete for a name. Of the others an
# additional certificate that has the name goes before the default one.
DEFAULT_COMPETES = frozenset({"ALB"})
_WEAK_HASHES = {"MD5": 2, "SHA1": 1}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server certificate of a listener, as far as the choice depends on it."""

    binding_id: int
    names: tuple[str, ...]  # DNS names: lower case, A-labels, no trailing dot
    key_algorithm: str  # "RSA", "ECDSA", "Ed25519", ...
    key_bits: int
    signature_hash: str  # "SHA256", ...; empty where the algorithm has none
    not_after: datetime

    @property
    def is_rsa(self) -> bool:
        """Whether clients without ECDSA can use it."""
        return self.key_algorithm == "RSA"

    def matches(self, name: str) -> bool:
        """Tell whether the certificate is for ``name``, as the engine would match it."""
        return any(form in self.names for form in forms_of(name))


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
        candidate.is_rsa,
        _WEAK_HASHES.get(candidate.signature_hash.upper().replace("-", ""), 0),
        -candidate.key_bits,
        -candidate.not_after.timestamp(),
        candidate.binding_id,
    )


def choose_names(
    candidates: Iterable[Candidate], default: Candidate | None = None, *, default_competes: bool = False
) -> dict[str, Choice]:
    """Give each servable name to its best certificate, so that no two filter chains claim one name.

    The order of ``candidates`` does not matter. Names are sorted. A name that both an RSA and another certificate
    claim is served with both. ``default`` takes part where it ``default_competes`` for the names that others have too,
    and wherever clients without ECDSA had nothing else; names that it alone has need no choice.
    """
    claims: dict[str, list[Candidate]] = {}
    for candidate in sorted(candidates, key=preference):
        _claim(claims, candidate, filter(is_servable, candidate.names))
    if default is not None:
        shared = [name for name in default.names if is_servable(name) and _best_form(name, claims)]
        if default_competes:
            _claim(claims, default, shared)
        elif default.is_rsa:
            _part(claims, [name for name in shared if name not in claims])
    return {name: _choice(name, claims, default) for name in sorted(claims)}


def _claim(claims: dict[str, list[Candidate]], candidate: Candidate, names: Iterable[str]) -> None:
    for name in dict.fromkeys(names):
        claims.setdefault(name, []).append(candidate)


def _part(claims: dict[str, list[Candidate]], names: Iterable[str]) -> None:
    """Have each name that is served by a wildcard without RSA stand by itself, so that it can be lent one."""
    best = {name: claims[_best_form(name, claims)] for name in names}
    claims |= {name: found for name, found in best.items() if not any(each.is_rsa for each in found)}


def _choice(name: str, claims: Mapping[str, Sequence[Candidate]], default: Candidate | None) -> Choice:
    ordered = sorted(claims[name], key=preference)
    best_of_kind: dict[bool, Candidate] = {}
    for candidate in ordered:
        best_of_kind.setdefault(candidate.is_rsa, candidate)
    if not any(candidate.is_rsa for candidate in ordered):
        found = _rsa_for(name, claims, default)
        best_of_kind |= {True: found} if found else {}
    served = tuple(best_of_kind.values())
    return Choice(served, tuple(candidate for candidate in ordered if candidate not in served))


def _rsa_for(name: str, claims: Mapping[str, Sequence[Candidate]], default: Candidate | None) -> Candidate | None:
    """Return an RSA certificate for clients that cannot use the others of ``name``: by a wildcard, or the default."""
    for form in forms_of(name):
        best = min((each for each in claims.get(form, ()) if each.is_rsa), key=preference, default=None)
        if best is not None:
            return best
    if default is not None and default.is_rsa and default.matches(name):
        return default
    return None


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
    form = _best_form(server_name, choices)
    return choices[form] if form else None


def forms_of(name: str) -> Iterator[str]:
    """Yield the spellings under which a certificate can have ``name``: itself, then ever shorter wildcards."""
    yield name
    parent = name.removeprefix("*.")
    while "." in parent:
        parent = parent.partition(".")[2]
        yield f"*.{parent}"


def _best_form(name: str, names: Container[str]) -> str:
    """Return the spelling of ``name`` that the engine finds among ``names``, empty for none."""
    return next((form for form in forms_of(name) if form in names), "")
