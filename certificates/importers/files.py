"""Find files in a directory tree, and read them without ever reading too much."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from certificates.parsing.drops import DroppedFile
from certificates.parsing.formats import LARGEST_INPUT_BYTES
from console.errors import InvalidInputError

MOST_FILES = 100_000


def read_file(path: Path) -> bytes:
    """Return a file's bytes, one more than is allowed at most; raise InvalidInputError for one that is not read."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_INPUT_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(
            _("%(path)s cannot be read: %(reason)s.") % {"path": path, "reason": error.strerror},
            "importer.unreadable",
            field="path",
            way_out=_("Check the path, and run the command as a user that may read it."),
        ) from None


def dropped(path: Path, root: Path) -> DroppedFile:
    """Return a file with its path below ``root`` as its name."""
    return DroppedFile(os.path.relpath(path, root), read_file(path))


def files_below(root: Path) -> Iterator[Path]:
    """Yield the files of a tree in order, links to files among them; links to directories are not followed."""
    if not root.is_dir():
        raise InvalidInputError(_("%(path)s is no directory.") % {"path": root}, "importer.no-directory", field="path")
    count = 0
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file():
                count += 1
                if count > MOST_FILES:
                    raise InvalidInputError(
                        _("%(path)s has more than %(limit)s files.") % {"path": root, "limit": MOST_FILES},
                        "importer.too-many-files",
                        field="path",
                        way_out=_("Import its directories one by one."),
                    )
                yield path
