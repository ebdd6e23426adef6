"""The page of all limits."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from events.models import Change
from listeners import limits
from listeners.models import Quota
from listeners.selectors.quotas import quota_rows
from tests.factories import make_listener, make_server_certificate, make_server_group

pytestmark = pytest.mark.django_db


def given(**changed: object) -> dict[str, object]:
    return {**dict(Quota.objects.values_list("name", "limit")), **changed}


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/quotas/")["Location"].startswith("/sign-in/")


def test_every_limit_is_shown_with_the_most_that_is_used_of_it(admin_client: Client) -> None:
    extra = make_server_certificate("b.test")
    make_listener(additional_certificate_ids=[extra.pk], server_group_id=make_server_group("127.0.0.2", "127.0.0.3").pk)
    answer = admin_client.get("/quotas/")
    used = {row.quota.name: row.used for row, _ in answer.context["lines"]}
    assert set(used) == set(Quota.objects.values_list("name", flat=True))
    assert used[limits.CERTIFICATES] == used[limits.LISTENERS] == used[limits.LOAD_BALANCERS] == 1
    assert used[limits.LOAD_BALANCER_SERVERS] == used[limits.SERVERS] == 2
    assert "1/25 used" in answer.content.decode()


def test_an_administrator_changes_them_at_once(admin_client: Client) -> None:
    assert admin_client.post("/quotas/", given(**{limits.CERTIFICATES: 100, limits.LISTENERS: 7})).status_code == 302
    assert limits.limits_of((limits.CERTIFICATES, limits.LISTENERS)) == {limits.CERTIFICATES: 100, limits.LISTENERS: 7}
    assert Change.objects.filter(kind="quota.updated").count() == 2


@pytest.mark.parametrize("limit", ["", "x", "-1", "1000001", "1.5"])
def test_what_is_no_limit_is_refused_and_changes_nothing(admin_client: Client, limit: str) -> None:
    answer = admin_client.post("/quotas/", given(**{limits.CERTIFICATES: limit, limits.LISTENERS: 7}))
    assert answer.status_code == 422
    assert not Change.objects.filter(kind="quota.updated").exists()


def test_others_only_look(client: Client, django_user_model: type[User]) -> None:
    client.force_login(django_user_model.objects.create_user("bob"))
    assert "An administrator can change them" in client.get("/quotas/").content.decode()
    assert client.post("/quotas/", given()).status_code == 403


def test_other_methods_are_refused(admin_client: Client) -> None:
    assert admin_client.put("/quotas/").status_code == 405


def test_each_product_and_edition_has_its_own_use() -> None:
    for product, edition in (("ALB", "Basic"), ("ALB", "Standard"), ("CLB", "")):
        make_listener(product=product, edition=edition)
    used = {row.quota.name: row.used for row in quota_rows()}
    assert used["alb_quota_loadbalancers_num"] == 2
    assert used["slb_quota_instances_num"] == used["slb_quota_certs_num"] == 1
    assert used["alb_quota_basic_loadbalancer_servers_num"] == used["alb_quota_standard_loadbalancer_servers_num"] == 1
    assert used["alb_quota_servergroups_num"] == 3
    assert used["nlb_quota_loadbalancers_num"] == used["slb_quota_ca_certs_num"] == 0
    assert used["alb_call_rules_num"] is None
