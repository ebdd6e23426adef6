"""The REST API against its own description: whatever is sent, nothing crashes and every answer is as described."""

from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django.live_server_helper import LiveServer
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from access.tokens import create_token
from tests.factories import make_listener

# The one body that is no JSON: a revocation list in DER.
schemathesis.serializer.alias("application/pkix-crl", "application/octet-stream")

CHECKS = [not_a_server_error, response_schema_conformance]


@pytest.fixture
def contract(live_server: LiveServer) -> tuple[Any, dict[str, str]]:
    """Return the API's description and the headers of a caller who may do everything, with rows to be found."""
    make_listener()
    token = create_token(User.objects.create_user("robot"))
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/openapi.json", timeout=60)
    return schema, {"Authorization": f"Bearer {token}"}


def call_every_operation(contract: tuple[Any, dict[str, str]], examples: int) -> int:
    """Send ``examples`` generated requests to each operation; return how many were sent."""
    schema, headers = contract
    sent = 0

    for result in schema.get_all_operations():

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=result.ok().as_strategy())
        def call(case: Any) -> None:
            nonlocal sent
            sent += 1
            case.call_and_validate(headers=headers, checks=CHECKS)

        call()
    return sent


def test_a_few_requests_to_every_operation_are_answered_as_described(contract: tuple[Any, dict[str, str]]) -> None:
    assert call_every_operation(contract, 2) > 60


@pytest.mark.conformance
def test_many_requests_to_every_operation_are_answered_as_described(contract: tuple[Any, dict[str, str]]) -> None:
    print(call_every_operation(contract, 100), "requests")  # noqa: T201
