"""The data directory of nginx-proxy-manager: files below custom_ssl and letsencrypt, names in database.sqlite."""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from django.utils.translation import gettext as _

from certificates.importers.files import dropped
from certificates.names import LONGEST_NAME
from certificates.parsing.drops import Drop
from certificates.planning import Group
from console.errors import InvalidInputError

FOLDER = re.compile(r"npm-(\d{1,9})")
CHAIN, KEY = "fullchain.pem", "privkey.pem"


class Known(NamedTuple):
    """What the database says of a certificate."""

    name: str
    is_deleted: bool


def groups_of_npm(root: Path) -> list[Group]:
    """Return a group for each certificate that is not deleted there.

    ``root`` is the directory that is mounted as /data, or the one above it; letsencrypt is looked for in both.
    """
    data = root / "data" if (root / "data" / "custom_ssl").is_dir() else root
    known = _known(data / "database.sqlite")
    found = dict(_folders(data, root))
    if not found:
        raise InvalidInputError(
            _("%(path)s holds no certificates of nginx-proxy-manager.") % {"path": root},
            "importer.npm-empty",
            field="path",
            way_out=_("Give the directory that is mounted as /data; it has custom_ssl/npm-1/fullchain.pem."),
        )
    return [
        Group(
            Drop(tuple(dropped(path, root) for path in members)),
            name=known[number].name if number in known else "",
            source=f"npm-{number}",
        )
        for number, members in sorted(found.items())
        if number not in known or not known[number].is_deleted
    ]


def _folders(data: Path, root: Path) -> Iterator[tuple[int, list[Path]]]:
    """Yield the number and the files of each certificate: its current ones, or the newest in the archive."""
    for place in (data / "custom_ssl", *_certbot_places(data, root)):
        for folder in sorted(place.glob("npm-*")) if place.is_dir() else ():
            number = FOLDER.fullmatch(folder.name)
            members = [folder / CHAIN, folder / KEY]
            if not all(path.is_file() for path in members):
                members = _newest(folder)
            if number and members:
                yield int(number[1]), members


def _certbot_places(data: Path, root: Path) -> Iterator[Path]:
    # live/ has links into archive/, which a copy may have lost; what comes later takes the place of what came before.
    for part in ("archive", "live"):
        for above in dict.fromkeys((data.parent, root, data)):
            yield above / "letsencrypt" / part


def _newest(folder: Path) -> list[Path]:
    """Return fullchainN.pem and privkeyN.pem with the highest N, as certbot's archive has them."""
    numbers = [re.fullmatch(r"fullchain(\d{1,9})\.pem", path.name) for path in folder.glob("fullchain*.pem")]
    newest = max((int(number[1]) for number in numbers if number), default=None)
    members = [folder / f"fullchain{newest}.pem", folder / f"privkey{newest}.pem"]
    return members if all(path.is_file() for path in members) else []


def _known(path: Path) -> Mapping[int, Known]:
    """Return the names by number; nothing where the installation keeps them in another database."""
    if not path.is_file():
        return {}
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            rows = database.execute("SELECT id, nice_name, domain_names, is_deleted FROM certificate").fetchall()
        return {int(number): Known(_name(nice, domains), bool(gone)) for number, nice, domains, gone in rows}
    except (sqlite3.Error, ValueError, TypeError):
        raise InvalidInputError(
            _("%(path)s is no database of nginx-proxy-manager.") % {"path": path},
            "importer.npm-database",
            field="path",
            way_out=_("Move it away: the certificates are then called by their first names."),
        ) from None


def _name(nice_name: str | None, domain_names: str | None) -> str:
    domains = json.loads(domain_names or "[]")
    first = domains[0] if isinstance(domains, list) and domains else ""
    return printable(str(nice_name or first))


def printable(text: str) -> str:
    """Return a name as it can be stored here."""
    return "".join(each for each in text if each.isprintable()).strip()[: LONGEST_NAME - 8]
