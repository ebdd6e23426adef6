"""Directory trees of certificates as nginx, HAProxy and certbot keep them."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from certificates.importers.files import dropped, files_below
from certificates.parsing.drops import Drop
from certificates.planning import Group

PEM_SUFFIXES = (".pem", ".crt", ".cer", ".cert", ".key", ".chain", ".bundle", ".ca-bundle", ".intermediate")
SUFFIXES = frozenset((*PEM_SUFFIXES, ".der", ".p12", ".pfx", ".p7b", ".p7c", ".p8", ".pk8", ".jks"))
# certbot's names in live/NAME; privkey1.pem and the like in archive/ are older versions of the same.
CERTBOT_KEY, CERTBOT_CHAINS = "privkey.pem", ("fullchain.pem", "cert.pem")
# Words that tell a part of a certificate from another, not one certificate from another.
PART = re.compile(
    r"[._-]?(full[._-]?chain|ca[._-]?bundle|chain|bundle|certificate|cert|crt|private[._-]?key|privkey|private|key|"
    r"intermediates?|server|tls|ssl|combined|pem)$"
)


def groups_below(root: Path, layout: str, passphrases: tuple[str, ...] = ()) -> list[Group]:
    """Return the files of a tree, grouped as ``layout`` (one of ``LAYOUTS``) has them."""
    paths = [path for path in files_below(root) if _is_material(path)]
    return [
        Group(
            Drop(tuple(dropped(path, root) for path in members), passphrases),
            name=name,
            source=", ".join(path.name for path in members[:3]),
        )
        for name, members in LAYOUTS[layout](paths)
    ]


def _is_material(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


Members = list[tuple[str, list[Path]]]


def _certbot(paths: Iterable[Path]) -> Members:
    """One certificate for each directory with a privkey.pem, called as the directory is."""
    found = []
    for folder, members in _by_folder(paths).items():
        names = {path.name: path for path in members}
        chain = next((names[name] for name in CERTBOT_CHAINS if name in names), None)
        if chain and CERTBOT_KEY in names:
            rest = [names["chain.pem"]] if chain.name == "cert.pem" and "chain.pem" in names else []
            found.append((folder.name, [chain, names[CERTBOT_KEY], *rest]))
    return found


def _haproxy(paths: Iterable[Path]) -> Members:
    """One certificate for each file, with a key in the file or beside it (site.pem.key, site.key)."""
    given = list(paths)
    keys = {path for path in given if path.suffix == ".key"}
    found, taken = [], set()
    for path in given:
        if path in keys:
            continue
        beside = [key for key in (Path(f"{path}.key"), path.with_suffix(".key")) if key in keys]
        taken.update(beside)
        found.append(("", [path, *beside]))
    return found + [("", [key]) for key in sorted(keys - taken)]


def _nginx(paths: Iterable[Path]) -> Members:
    """Files of one name, whatever their directory and ending; those that are called fullchain.pem, by directory."""
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(_stem(path) or str(path.parent), []).append(path)
    return [("", members) for members in groups.values()]


def _auto(paths: Iterable[Path]) -> Members:
    """Take what certbot keeps as certbot does, anything else by its name."""
    given = list(paths)
    certbot = _certbot(given)
    folders = {members[0].parent for _name, members in certbot}
    roots = {folder.parent.parent for folder in folders if folder.parent.name == "live"}
    rest = [path for path in given if path.parent not in folders and not _is_archived(path, roots)]
    return certbot + _nginx(rest)


def _is_archived(path: Path, roots: set[Path]) -> bool:
    """Whether this is one of certbot's older versions."""
    return any(root / "archive" in path.parents for root in roots)


def _by_folder(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    return folders


def _stem(path: Path) -> str:
    """Return what a name is without endings and words for parts: ``example.com`` of ``example.com-chain.crt``."""
    stem = path.stem.lower()
    while shorter := PART.sub("", stem):
        if shorter == stem:
            return stem
        stem = shorter
    return ""


LAYOUTS: Mapping[str, Callable[[Iterable[Path]], Members]] = {
    "auto": _auto,
    "nginx": _nginx,
    "haproxy": _haproxy,
    "certbot": _certbot,
}
