"""Run one operation: a read as it is; a write in one transaction, tried only (DryRun), or once for each ClientToken.

A write is the only one while it runs, so what it reads first is still so when it calls its service.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from cloudapi.errors import CloudError
from cloudapi.jobs import open_job
from cloudapi.operations import Answer, Call, Product
from cloudapi.tokens import claim_token, keep_answer
from cloudapi.wire.reading import ParameterError
from console.errors import DomainError
from events.feed import newest_change_id, recording


def run(call: Call, parameters: Mapping[str, str]) -> Answer:
    """Return the operation's answer; raise CloudError with the product's codes."""
    try:
        tried = _is_tried(call.operation.product, parameters)
        answer = _written(call, parameters, tried=tried) if call.operation.writes else call.operation.run(call) or {}
    except DomainError as error:
        raise call.operation.product.codes.of_domain(error, call.operation.codes) from None
    if tried:
        raise CloudError("DryRunOperation", "The request was checked with DryRun and would be done; nothing was.")
    return answer


def _written(call: Call, parameters: Mapping[str, str], *, tried: bool) -> Answer:
    product = call.operation.product
    with recording(call.actor):
        claimed = claim_token(call, parameters) if product.has_client_token and not tried else None
        if claimed is not None and claimed.answer is not None:
            return dict(claimed.answer)
        answer = _with_job(call)
        if claimed is not None:
            keep_answer(claimed, answer)
        if tried:
            transaction.set_rollback(True)
    return answer


def _is_tried(product: Product, parameters: Mapping[str, str]) -> bool:
    """Return whether DryRun asks to take everything back; where a product has none, it is refused, never ignored."""
    text = parameters.get("DryRun", "").lower()
    if text not in {"true", "false", ""}:
        raise product.codes.of_parameter(ParameterError("illegal", "DryRun", "DryRun is neither true nor false."))
    if text == "true" and not product.has_dry_run:
        raise product.codes.of_parameter(ParameterError("unknown", "DryRun", f"{product.name} has no DryRun."))
    return text == "true"


def _with_job(call: Call) -> Answer:
    kind = call.operation.job
    if kind is None:
        return call.operation.run(call) or {}
    before = newest_change_id()
    answer = call.operation.run(call) or {}
    named: Any = answer.get(kind.id_field) or call.given.get(kind.id_field, "")
    return {**answer, "JobId": open_job(call, str(named), before, timezone.now())}
