"""The limits, and who changes them."""

import io

import pytest
from django.core.management import CommandError, call_command

from console.errors import InvalidInputError, NotFoundError
from events.models import Change
from listeners import limits
from listeners.models import Quota
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def test_the_rows_have_the_documents_defaults() -> None:
    assert {quota.name: quota.limit for quota in limits.quotas()} == {
        "nlb_quota_loadbalancers_num": 60,
        "nlb_quota_loadbalancer_listeners_num": 50,
        "nlb_quota_loadbalancer_certificates_num": 25,
        "nlb_quota_loadbalancer_noeci_servers_num": 400,
        "nlb_quota_servergroups_num": 3000,
        "nlb_quota_servergroup_noeci_servers_num": 400,
        "nlb_quota_server_added_num": 200,
        "nlb_call_additional_certificates_num": 15,
        "nlb_call_servers_num": 200,
    }


def test_a_change_is_recorded_with_who_made_it() -> None:
    limits.set_quota(OPERATOR, limits.CERTIFICATES, 30)
    assert limits.limit_of(limits.CERTIFICATES) == 30
    change = Change.objects.get(kind="quota.updated")
    assert (change.actor_name, change.detail) == ("alice", {"before": 25, "after": 30})
    limits.set_quota(OPERATOR, limits.CERTIFICATES, 30)
    assert Change.objects.filter(kind="quota.updated").count() == 1


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    for name in ("absent", "a\x00b"):
        with pytest.raises(NotFoundError) as caught:
            limits.set_quota(OPERATOR, name, 1)
    assert limits.CERTIFICATES in caught.value.way_out
    Quota.objects.all().delete()
    with pytest.raises(NotFoundError):
        limits.limit_of(limits.CERTIFICATES)


@pytest.mark.parametrize("limit", [-1, 1_000_001])
def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(InvalidInputError):
        limits.set_quota(OPERATOR, limits.CERTIFICATES, limit)


def test_the_command_sets_and_shows() -> None:
    said = io.StringIO()
    call_command("setquota", limits.CERTIFICATES, "40", stdout=said)
    call_command("setquota", stdout=said)
    assert limits.limit_of(limits.CERTIFICATES) == 40
    assert "Servers of one server group" in said.getvalue()
    assert Change.objects.get(kind="quota.updated").actor_via == "command"


@pytest.mark.parametrize("arguments", [["absent", "1"], [limits.CERTIFICATES], [limits.CERTIFICATES, "many"]])
def test_the_command_refuses_what_cannot_be(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("setquota", *arguments)
