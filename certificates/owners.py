"""Who may be named as the owner of a certificate: whoever tells people says whom it knows."""

from collections.abc import Callable, Iterable

OwnerNames = Callable[[], Iterable[str]]
_sources: list[OwnerNames] = []


def register_owner_names(names: OwnerNames) -> None:
    """Have the names that ``names`` returns offered wherever an owner is written."""
    _sources.append(names)


def known_owners() -> list[str]:
    """Return the names that somebody is told under, sorted, each once."""
    return sorted({name for source in _sources for name in source()})
