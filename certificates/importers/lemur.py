"""A Lemur export: the JSON that its API answers at /certificates, with private keys where they were added.

The fields are those of Lemur's CertificateOutputSchema (body, chain, name, owner, deleted, in camel case or with
underscores); the key is what /certificates/ID/key answers as ``key``.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from certificates.importers.npm import printable
from certificates.parsing.drops import Drop, DroppedFile
from certificates.planning import Group
from console.errors import InvalidInputError

LARGEST_EXPORT_BYTES = 200_000_000
KEYS = ("privateKey", "private_key", "key")
PARTS = (("body", "body"), ("chain", "chain"))
LONGEST_OWNER = 200


def groups_of_lemur(path: Path) -> list[Group]:
    """Return a group for each certificate of the export that was not deleted."""
    records = _records(path)
    groups = []
    for number, record in enumerate(records, 1):
        label = printable(_text(record, "name") or _text(record, "commonName") or _text(record, "common_name"))
        files = [DroppedFile(f"{label or number}: {part}", text) for part, text in _material(record)]
        if files and record.get("deleted") is not True:
            owner = printable(_text(record, "owner"))[:LONGEST_OWNER]
            groups.append(Group(Drop(tuple(files)), name=label, owner=owner, source=label or str(number)))
    if not groups:
        raise _not_an_export(path)
    return groups


def _material(record: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """Return the PEM texts of a record that has any."""
    named = [(name, _text(record, name)) for name, _field in PARTS]
    key = next((text for name in KEYS if (text := _text(record, name))), "")
    given = [*named, ("private key", key)]
    return [(name, text.encode(errors="replace")) for name, text in given if text.strip()]


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _records(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        if path.stat().st_size > LARGEST_EXPORT_BYTES:
            raise _not_an_export(path)
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidInputError(
            _("%(path)s cannot be read: %(reason)s.") % {"path": path, "reason": error.strerror},
            "importer.unreadable",
            field="path",
        ) from None
    except (ValueError, RecursionError):
        raise _not_an_export(path) from None
    items = content.get("items", [content]) if isinstance(content, dict) else content
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _not_an_export(path)
    return items


def _not_an_export(path: Path) -> InvalidInputError:
    return InvalidInputError(
        _("%(path)s is no export of certificates from Lemur.") % {"path": path},
        "importer.lemur",
        field="path",
        way_out=_(
            "Save what its API answers: GET /api/1/certificates?count=1000, with “privateKey” added to each item."
        ),
    )
