"""Zip archives: their members' bytes, never written anywhere; what would blow up or climb out is refused. Pure."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from certificates.parsing.formats import LARGEST_INPUT_BYTES
from certificates.parsing.refusals import Refusal

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MOST_MEMBERS = 500
LARGEST_CONTENT_BYTES = 8 * LARGEST_INPUT_BYTES
ENCRYPTED = 0x1
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# What desktops put beside the files that were meant.
LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def is_archive(data: bytes) -> bool:
    """Whether this is a zip archive."""
    return data.startswith(SIGNATURES)


def members_of(data: bytes, field: str) -> list[tuple[str, bytes]]:
    """Return the name and the content of each file, in order; raise Refusal for an archive that is not trusted."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir() and not _is_litter(info.filename)]
            _check(archive.infolist(), field)
            return [(info.filename, _content(archive, info, field)) for info in infos]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError):
        raise Refusal("archive.unreadable", field) from None


def _is_litter(name: str) -> bool:
    return name.startswith(LITTER[0]) or PurePosixPath(name).name in LITTER


def _check(infos: list[zipfile.ZipInfo], field: str) -> None:
    if len(infos) > MOST_MEMBERS:
        raise Refusal("archive.too-many-files", field, limit=MOST_MEMBERS)
    if sum(info.file_size for info in infos) > LARGEST_CONTENT_BYTES:
        raise Refusal("archive.too-large", field, limit=LARGEST_CONTENT_BYTES)
    for info in infos:
        if _climbs_out(info.filename):
            raise Refusal("archive.path", field, name=_shown(info.filename))
        if info.flag_bits & ENCRYPTED:
            raise Refusal("archive.encrypted", field)
        if info.compress_type not in METHODS:
            raise Refusal("archive.unreadable", field)


def _climbs_out(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or parts[0] == "" or ":" in parts[0]


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in name[:200])


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, field: str) -> bytes:
    """Return a member's bytes; the sizes that an archive states are not believed."""
    with archive.open(info) as file:
        content = file.read(LARGEST_INPUT_BYTES + 1)
    if len(content) > LARGEST_INPUT_BYTES:
        raise Refusal("archive.member-too-large", field, name=_shown(info.filename), limit=LARGEST_INPUT_BYTES)
    if is_archive(content):
        raise Refusal("archive.nested", field, name=_shown(info.filename))
    return content
