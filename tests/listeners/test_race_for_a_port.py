"""Two operators at the same moment: checks and writes are one, so nothing is stored twice or above a limit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from console.errors import ConflictError
from listeners import services
from listeners.limits import CERTIFICATES, set_quota
from listeners.models import Listener
from tests import factories
from tests.factories import OPERATOR

# Serialized, since emptying the tables after such a test takes the quotas of the migration with it.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
AT_ONCE = 4


def refused(*calls: Callable[[], object]) -> list[str]:
    """Make all calls at the same moment; return the codes of those that were refused."""

    def make(call: Callable[[], object]) -> str:
        try:
            call()
        except ConflictError as error:
            return error.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(calls)) as threads:
        return sorted(filter(None, threads.map(make, calls)))


def test_only_one_listener_gets_a_port() -> None:
    balancers = [factories.make_load_balancer(bind_address=address).pk for address in ("0.0.0.0", "127.0.0.1")]
    fields: dict[str, Any] = {
        "port": 20_299,
        "server_group_id": factories.make_server_group().pk,
        "certificate_id": factories.make_server_certificate().pk,
    }
    calls = [
        lambda balancer=balancers[number % 2]: services.create_listener(OPERATOR, load_balancer_id=balancer, **fields)
        for number in range(AT_ONCE)
    ]
    assert refused(*calls) == ["listener.port-taken"] * (AT_ONCE - 1)
    assert Listener.objects.count() == 1


def test_the_limit_of_additional_certificates_holds() -> None:
    set_quota(OPERATOR, CERTIFICATES, 1)
    listener = factories.make_listener()
    ids = [factories.make_server_certificate(f"{number}.test").pk for number in range(AT_ONCE)]
    calls = [
        lambda pk=pk: services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[pk]) for pk in ids
    ]
    assert refused(*calls) == ["quota.exceeded"] * (AT_ONCE - 1)
    assert listener.bindings.filter(role="additional").count() == 1


def test_only_one_of_two_savers_of_a_revision_wins() -> None:
    listener = factories.make_listener()
    calls = [
        lambda seconds=seconds: services.update_listener(
            OPERATOR, listener.pk, idle_timeout_seconds=seconds, expected_revision=1
        )
        for seconds in (11, 12)
    ]
    assert refused(*calls) == ["listener.stale"]
    listener.refresh_from_db()
    assert listener.revision == 2
