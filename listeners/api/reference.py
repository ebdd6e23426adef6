"""REST: quotas."""

from django.http import HttpRequest
from ninja import Router

from access.actors import actor_of, user_of
from access.rest import PageOut, whole
from listeners import limits
from listeners.models import Quota
from listeners.schemas.reference import QuotaOut, QuotaPatch, QuotasPatch

router = Router(tags=["reference"])


@router.get("/quotas", response=PageOut[QuotaOut], operation_id="listQuotas")
def list_quotas(request: HttpRequest) -> dict[str, object]:
    """List the limits."""
    return whole(limits.quotas())


@router.patch("/quotas", response=PageOut[QuotaOut], operation_id="updateQuotas")
def update_quotas(request: HttpRequest, body: QuotasPatch) -> dict[str, object]:
    """Change several limits, all or none; only administrators can."""
    limits.refuse_non_administrator(user_of(request))
    limits.set_quotas(actor_of(request), body.limits)
    return whole(limits.quotas())


@router.patch("/quotas/{name}", response=QuotaOut, operation_id="updateQuota")
def update_quota(request: HttpRequest, name: str, body: QuotaPatch) -> Quota:
    """Change a limit; only administrators can."""
    limits.refuse_non_administrator(user_of(request))
    return limits.set_quota(actor_of(request), name, body.limit)
