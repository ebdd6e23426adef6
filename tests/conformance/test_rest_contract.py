"""The REST API against its own description: whatever is sent, nothing crashes and every answer is as described."""

from itertools import islice
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django import Settings as DjangoSettings
from pytest_django.live_server_helper import LiveServer
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from access.tokens import create_token
from tests.factories import make_listener

# The one body that is no JSON: a revocation list in DER.
schemathesis.serializer.alias("application/pkix-crl", "application/octet-stream")

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def contract(live_server: LiveServer, settings: DjangoSettings) -> Any:
    """Return the API's description, with rows to be found."""
    settings.REST_REQUESTS_PER_MINUTE = 0
    make_listener()
    return schemathesis.openapi.from_url(f"{live_server.url}/api/v1/openapi.json", timeout=60)


def call_operations(contract: Any, examples: int, one_in: int = 1) -> int:
    """Send ``examples`` generated requests to one in so many operations as an administrator; return how many."""
    robot = User.objects.create_superuser("robot")
    sent = 0

    for result in islice(contract.get_all_operations(), 0, None, one_in):
        # One for each operation: some of them delete tokens.
        headers = {"Authorization": f"Bearer {create_token(robot)}"}

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
            case.call_and_validate(headers=headers, checks=CHECKS)  # noqa: B023 - called in this turn of the loop

        call()
    return sent


def test_requests_to_some_operations_are_answered_as_described(contract: Any) -> None:
    assert call_operations(contract, examples=1, one_in=10) > 20


@pytest.mark.conformance
def test_many_requests_to_every_operation_are_answered_as_described(contract: Any) -> None:
    print(call_operations(contract, examples=100), "requests")  # noqa: T201
