"""REST: inspect files of any format, and import what they hold, many certificates at once."""

import base64
import binascii
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from access.actors import actor_of
from access.rest import Body, WarningOut
from certificates.messages import error_of
from certificates.parsing.drops import MOST_PASSPHRASES, Drop, DroppedFile
from certificates.parsing.refusals import Refusal
from certificates.planning import Omission, Plan, PlannedItem, plan_drop
from certificates.schemas.certificates import ImportedOut, NameOut, imported_out
from certificates.services.drops import import_plan
from certificates.usage import usages_of
from console.errors import InvalidInputError

MOST_FILES = 1000
LONGEST_PASSPHRASE = 1000

router = Router(tags=["certificates"])


class FileIn(Body):
    """One file, whatever its format."""

    name: str = Field("", max_length=300, description="Told where something of it is left out.")
    content_base64: str = Field(description="At most 1,000,000 bytes once decoded.")


class DropIn(Body):
    """Files and text that are read together: keys find their certificates, chains their links."""

    files: list[FileIn] = Field([], max_length=MOST_FILES)
    text: str = Field("", description="PEM text; what stands around the blocks is passed over.")
    passphrases: list[str] = Field(
        [], max_length=MOST_PASSPHRASES, description="Each is tried on everything that is encrypted; none is kept."
    )


class ChoiceIn(Body):
    """A certificate to import."""

    id: str = Field(max_length=64, description="As `inspectCertificates` answers it: the SHA-256 of the certificate.")
    name: str = Field("", description="Blank takes the certificate's first name.")


class DropImportIn(DropIn):
    """Files and text, and what to import of them."""

    items: list[ChoiceIn] | None = Field(
        None, description="Left out: every certificate that is `chosen` by itself, under a free name."
    )


class ChainLinkOut(Schema):
    """One certificate above the leaf."""

    subject: str
    sha256: str
    not_after: datetime


class PlannedOut(Schema):
    """One certificate that would be imported."""

    id: str
    kind: str
    name: str = Field(description="Its first name, under which it is stored unless another is given.")
    names: list[NameOut]
    subject: str
    issuer: str
    serial: str
    key_algorithm: str
    key_bits: int
    not_before: datetime
    not_after: datetime
    chain: list[ChainLinkOut] = Field(description="The intermediates, issuer first.")
    has_key: bool
    chosen: bool = Field(description="Whether it is imported when no `items` are named.")
    stored_as: str | None = Field(description="The certificate of the repository that it is already.")
    files: list[str]
    warnings: list[WarningOut]


class OmissionOut(Schema):
    """What is left out, and why."""

    code: str
    message: str
    way_out: str
    file: str


class PlanOut(Schema):
    """What files hold."""

    items: list[PlannedOut]
    left_out: list[OmissionOut]


class DropImportedOut(Schema):
    """What was stored, and what was left out."""

    items: list[ImportedOut]
    left_out: list[OmissionOut]


@router.post("/certificates/inspect", response=PlanOut, operation_id="inspectCertificates")
def inspect_certificates(request: HttpRequest, body: DropIn) -> dict[str, object]:
    """Say what files of any format hold; nothing is stored, and nothing is kept."""
    plan = plan_drop(_drop(body))
    return {"items": [_planned_out(item) for item in plan.items], "left_out": _left_out(plan)}


@router.post("/certificates/import", response={201: DropImportedOut}, operation_id="importCertificates")
def import_certificates(request: HttpRequest, body: DropImportIn) -> Status[dict[str, object]]:
    """Import every certificate that files hold, or those that are named: all in one transaction, or none."""
    plan = plan_drop(_drop(body))
    chosen = None if body.items is None else {item.id: item.name for item in body.items}
    imported = import_plan(actor_of(request), plan, chosen)
    users = usages_of([each.certificate.pk for each in imported])
    items = [imported_out(each, users[each.certificate.pk]) for each in imported]
    return Status(201, {"items": items, "left_out": _left_out(plan)})


def _drop(body: DropIn) -> Drop:
    files = [DroppedFile(file.name, _decoded(file, number)) for number, file in enumerate(body.files)]
    if body.text.strip():
        files.append(DroppedFile("", body.text.encode()))
    if not files:
        raise error_of(Refusal("drop.empty", "files"))
    passphrases = (passphrase[:LONGEST_PASSPHRASE] for passphrase in body.passphrases)
    return Drop(tuple(files), tuple(passphrase for passphrase in passphrases if passphrase))


def _decoded(file: FileIn, number: int) -> bytes:
    try:
        return base64.b64decode("".join(file.content_base64.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError(
            _("The content of file %(number)s is not base64.") % {"number": number + 1},
            "drop.base64",
            field=f"files.{number}.content_base64",
            way_out=_("Encode the bytes of the file as they are: base64 -w0 FILE"),
        ) from None


def _left_out(plan: Plan) -> list[dict[str, str]]:
    return [_omission_out(omission) for omission in plan.left_out]


def _omission_out(omission: Omission) -> dict[str, str]:
    own = {field: getattr(omission, field) for field in ("code", "message", "way_out")}
    return {**own, "file": omission.source}


def _planned_out(planned: PlannedItem) -> dict[str, object]:
    leaf = planned.item.bundle.leaf.description
    own = ("subject", "issuer", "serial", "names", "key_algorithm", "key_bits", "not_before", "not_after")
    return {
        **{field: getattr(leaf, field) for field in own},
        "id": planned.id,
        "kind": str(planned.kind),
        "name": leaf.names[0].value if leaf.names else leaf.label,
        "chain": [link.description for link in planned.item.bundle.chain],
        "has_key": planned.has_key,
        "chosen": planned.is_chosen,
        "stored_as": planned.stored.pk if planned.stored else None,
        "files": [source for source in planned.item.sources if source],
        "warnings": planned.warnings,
    }
