"""Run one operation: a read as it is; a write in one transaction, tried only (DryRun), or once for each ClientToken.

A write is the only one while it runs, so what it reads first is still so when it calls its service.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from cloudapi.errors import CloudError
from cloudapi.jobs import open_job
from cloudapi.operations import Answer, Call
from cloudapi.tokens import claim_token, keep_answer
from console.errors import DomainError
from events.feed import recording


def run(call: Call, parameters: Mapping[str, str]) -> Answer:
    """Return the operation's answer; raise CloudError with the product's codes."""
    try:
        if not call.operation.writes:
            return call.operation.run(call) or {}
        return _written(call, parameters)
    except DomainError as error:
        raise call.operation.product.codes.of_domain(error, call.operation.codes) from None


def _written(call: Call, parameters: Mapping[str, str]) -> Answer:
    product = call.operation.product
    tried = product.has_dry_run and _is_dry(parameters.get("DryRun", "false"))
    with recording(call.actor):
        claimed = claim_token(call, parameters) if product.has_client_token and not tried else None
        if claimed is not None and claimed.answer is not None:
            return dict(claimed.answer)
        answer = _with_job(call, call.operation.run(call) or {})
        if claimed is not None:
            keep_answer(claimed, answer)
        if tried:
            transaction.set_rollback(True)
    if tried:
        raise CloudError("DryRunOperation", "The request was checked with DryRun and would be done; nothing was.")
    return answer


def _is_dry(text: str) -> bool:
    if text.lower() not in {"true", "false", ""}:
        raise CloudError("IllegalParam.DryRun", "DryRun is neither true nor false.")
    return text.lower() == "true"


def _with_job(call: Call, answer: Answer) -> Answer:
    if call.operation.job is None:
        return answer
    named: Any = answer.get(call.operation.job.id_field) or call.given.get(call.operation.job.id_field, "")
    return {**answer, "JobId": open_job(call, str(named), timezone.now())}
