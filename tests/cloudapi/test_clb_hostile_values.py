"""Whatever is sent to an operation of CLB, it is done or refused; it never breaks."""

from collections.abc import Mapping

import pytest
from django.db import transaction

from access.access_keys import NewAccessKey
from access.models import AccessKey
from cloudapi.clb import PRODUCT
from cloudapi.errors import CloudError
from cloudapi.gateway import _call
from cloudapi.operations import Operation
from cloudapi.running import run
from listeners.models import Listener
from tests.factories import make_listener

pytestmark = pytest.mark.django_db

VALUES = (
    "",
    "0",
    "-1",
    "1000000",
    "9" * 40,
    "on",
    "true",
    "a\0b",
    "\u202e\ud7ff\U0010ffff",
    "<script>alert(1)</script>",
    "[]",
    "{}",
    "[[[[{}]]]]",
    '["x", 1, null]',
    '[{"ServerId": "127.0.0.1", "Port": 80}]',
    '[{"RuleName": "a", "Url": "/a", "VServerGroupId": "b"}]',
    "[" * 5_000,
    "lb-" + "a" * 16,
    "10001-cn-hangzhou",
    "1_0000002711_1_1",
    "0000002711-cn-hangzhou-01",
    "de-" + "z" * 13,
)


# What is right, or nearly, for parameters that an operation needs.
USUAL = {
    "BackendServerPort": "8000",
    "BackendServers": '[{"ServerId": "127.0.0.1", "Port": 80}]',
    "Bandwidth": "-1",
    "CACertificate": "x",
    "DeleteProtection": "on",
    "Domain": "a.test",
    "HealthCheck": "on",
    "LoadBalancerName": "shop",
    "LoadBalancerStatus": "inactive",
    "RuleIds": '["rule-1"]',
    "RuleList": '[{"RuleName": "a", "Url": "/a", "VServerGroupId": "rsp-1"}]',
}


class Asking:
    """Run operations on one listener; nothing that they do stays."""

    def __init__(self, listener: Listener, key: AccessKey) -> None:
        self.there = {"LoadBalancerId": listener.load_balancer_id, "ListenerPort": str(listener.port)}
        self.key = key

    def outcome(self, operation: Operation, given: Mapping[str, str]) -> str:
        """Return what becomes of a request: an HTTP status and a code."""
        with transaction.atomic():
            try:
                run(_call(operation, self.key, given, "request"), given)
            except CloudError as error:
                return f"{error.status} {error.code}"
            finally:
                transaction.set_rollback(True)
        return "200"


@pytest.fixture
def asking(access_key: NewAccessKey) -> Asking:
    """Return a way to ask about an HTTPS listener."""
    return Asking(make_listener(product="CLB", protocol="HTTPS"), access_key.row)


def test_operations_answer_or_refuse_whatever_they_are_given(asking: Asking) -> None:
    for operation in PRODUCT.operations.values():
        names = [field.name for field in operation.fields]
        there = {name: known for name, known in asking.there.items() if name in names}
        for value in VALUES[::4]:
            told = asking.outcome(operation, {**dict.fromkeys(names, value), **there})
            assert told[0] in "24", (operation.name, value, told)


@pytest.mark.conformance
def test_operations_answer_or_refuse_whatever_a_single_parameter_is(asking: Asking) -> None:
    for operation in PRODUCT.operations.values():
        known = {**USUAL, **asking.there}
        needed = {field.name: known.get(field.name, "x") for field in operation.fields if field.required}
        for field in operation.fields:
            for value in VALUES:
                for name in (field.name, f"{field.name}.1", f"{field.name}.3", f"{field.name}.1.Key"):
                    told = asking.outcome(operation, {**needed, name: value})
                    assert told[0] in "24", (operation.name, name, value, told)
