"""REST: what is stored as a manifest, and manifests planned and applied."""

from dataclasses import asdict
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from access.actors import actor_of
from access.rest import Body
from manifests.document import stored_document
from manifests.schemas import Manifest
from manifests.services import Outcome, apply_manifest, plan_manifest

router = Router(tags=["manifests"])


class ManifestIn(Body):
    """A manifest, and whether it is all that is to be there."""

    manifest: Manifest
    prune: bool = Field(False, description="Delete what is stored and not declared; refused as any deletion is.")


class PlannedDifferenceOut(Schema):
    """A field that changes; null where it is not there."""

    field: str
    before: Any = None
    after: Any = None


class PlannedChangeOut(Schema):
    """What becomes of one object."""

    action: Literal["create", "update", "delete"]
    kind: str
    name: str
    differences: list[PlannedDifferenceOut] = Field(description="Of an update.")


class OutcomeOut(Schema):
    """What a manifest changes; empty: everything is as it says."""

    changes: list[PlannedChangeOut]


@router.get("/manifest", response=Manifest, operation_id="exportManifest", exclude_unset=True)
def export_manifest(request: HttpRequest) -> Manifest:
    """Return everything that a manifest can declare; what is applied again is just this."""
    return Manifest.model_validate({"version": 1, **stored_document()})


@router.post("/manifests/plan", response=OutcomeOut, operation_id="planManifest")
def plan(request: HttpRequest, body: ManifestIn) -> dict[str, object]:
    """Say what applying a manifest would change, and change nothing."""
    return _out(plan_manifest(actor_of(request), body.manifest, prune=body.prune))


@router.post("/manifests/apply", response=OutcomeOut, operation_id="applyManifest")
def apply(request: HttpRequest, body: ManifestIn) -> dict[str, object]:
    """Make what is stored as a manifest says, all of it or nothing; the second time nothing is done."""
    return _out(apply_manifest(actor_of(request), body.manifest, prune=body.prune))


def _out(outcome: Outcome) -> dict[str, object]:
    return {"changes": [asdict(change) for change in outcome.changes]}
