"""REST: quotas and TLS security policies."""

from django.http import HttpRequest
from ninja import Router

from access.actors import actor_of, user_of
from access.rest import PageOut, whole
from listeners import limits
from listeners.models import Quota
from listeners.schemas.reference import PolicyOut, QuotaOut, QuotaPatch
from listeners.tls_policies import POLICIES

router = Router(tags=["reference"])


@router.get("/tls-policies", response=PageOut[PolicyOut], operation_id="listTlsPolicies")
def list_policies(request: HttpRequest) -> dict[str, object]:
    """List the TLS security policies: what each asks for, and what of it the engine offers."""
    return whole(list(POLICIES.values()))


@router.get("/quotas", response=PageOut[QuotaOut], operation_id="listQuotas")
def list_quotas(request: HttpRequest) -> dict[str, object]:
    """List the limits."""
    return whole(limits.quotas())


@router.patch("/quotas/{name}", response=QuotaOut, operation_id="updateQuota")
def update_quota(request: HttpRequest, name: str, body: QuotaPatch) -> Quota:
    """Change a limit; only administrators can."""
    limits.refuse_non_administrator(user_of(request))
    return limits.set_quota(actor_of(request), name, body.limit)
