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
        "alb_quota_loadbalancers_num": 60,
        "alb_quota_loadbalancer_listeners_num": 50,
        "alb_quota_basic_loadbalancer_certificates_num": 10,
        "alb_quota_standard_loadbalancer_certificates_num": 25,
        "alb_call_additional_certificates_num": 15,
        "alb_quota_basic_loadbalancer_servers_num": 200,
        "alb_quota_standard_loadbalancer_servers_num": 1000,
        "alb_quota_servergroups_num": 3000,
        "alb_quota_servergroup_servers_num": 1000,
        "alb_quota_basic_loadbalancer_rules_num": 40,
        "alb_quota_standard_loadbalancer_rules_num": 100,
        "alb_call_rules_num": 100,
        "alb_quota_basic_rule_actions_num": 3,
        "alb_quota_standard_rule_actions_num": 5,
        "alb_quota_basic_rule_conditions_num": 5,
        "alb_quota_standard_rule_conditions_num": 10,
        "alb_quota_basic_rule_wildcards_num": 5,
        "alb_quota_standard_rule_wildcards_num": 10,
        "alb_quota_max_idle_timeout": 600,
        "alb_quota_max_request_timeout": 600,
        "alb_quota_security_policies_num": 50,
        "alb_quota_security_policy_listeners_num": 10,
        "slb_quota_instances_num": 60,
        "slb_quota_listeners_num": 50,
        "slb_quota_domain_extensions_num": 3,
        "slb_call_domain_extensions_num": 1,
        "slb_quota_backendservers_num": 200,
        "slb_quota_listener_rules_num": 40,
        "slb_call_rules_num": 10,
        "slb_quota_certs_num": 100,
        "slb_quota_ca_certs_num": 100,
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
