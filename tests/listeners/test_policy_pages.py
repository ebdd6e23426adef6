"""Pages of TLS security policies."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from listeners import services
from listeners.models import SecurityPolicy
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.pages import SETTINGS, Wizard, opened
from tests.listeners.test_security_policies import MODERN, NEEDED, SUITES, make_policy, seen

pytestmark = pytest.mark.django_db


def detail(policy_id: str) -> str:
    return reverse("policy-detail", args=[policy_id])


def test_the_list_has_the_system_policies_locked_and_the_custom_ones(admin_client: Client) -> None:
    row = make_policy(name="mine")
    page = admin_client.get(reverse("policy-list")).text
    assert "tls_cipher_policy_1_0_to_1_3" in page
    assert detail(row.pk) in page
    found = admin_client.get(reverse("policy-list") + "?q=nothing").text
    assert "No custom policy matches" in found


def test_a_system_policy_shows_the_lists_of_each_product(admin_client: Client) -> None:
    page = admin_client.get(detail("tls_cipher_policy_1_2")).text
    assert "NLB, ALB" in page
    assert "CLB" in page
    assert "Asked for: 19 suites" in page
    assert "Offered by the engine: 15 suites" in page
    assert reverse("policy-edit", args=["tls_cipher_policy_1_2"]) not in page
    assert admin_client.get(reverse("policy-edit", args=["tls_cipher_policy_1_2"])).status_code == 404


def test_a_policy_is_created_and_the_wizard_gets_it_back(admin_client: Client) -> None:
    url = reverse("policy-create")
    assert 'value="TLSv1.3" checked' in admin_client.get(url).text
    wizard = "/instances/nlb-1/listeners/create/d/certificate/?as=security_policy"
    answer = admin_client.post(url, {"name": "mine", "versions": MODERN, "ciphers": SUITES, "next": wizard})
    row = SecurityPolicy.objects.get()
    assert answer["Location"] == f"{wizard}&security_policy={row.pk}"
    assert row.ciphers == SUITES


def test_a_copy_starts_with_what_is_offered_of_the_original(admin_client: Client) -> None:
    page = admin_client.get(reverse("policy-create") + "?from=tls_cipher_policy_1_0_to_1_3&region=eu-1").text
    assert 'value="TLSv1.3" checked' in page
    assert 'value="TLSv1.0" checked' not in page
    assert 'value="eu-1"' in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"versions": ["TLSv1.1", "TLSv1.3"]}, "takes a lowest and a highest version"),
        ({"versions": []}, "needs a protocol version"),
        ({"ciphers": ["AES128-SHA"]}, "TLSv1.3 is chosen, and no cipher suite that goes with it"),
        ({"ciphers": ["RC4"]}, "RC4 is not one of the available choices"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_served_is_refused_and_stays_typed(
    admin_client: Client, sent: dict[str, Any], said: str
) -> None:
    answer = admin_client.post(
        reverse("policy-create"), {"name": "kept", "versions": MODERN, "ciphers": SUITES, **sent}
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert not SecurityPolicy.objects.exists()


def edited(page: Any, row: SecurityPolicy, **values: Any) -> dict[str, Any]:
    return {"name": row.name, "versions": row.versions, "ciphers": row.ciphers, **values, **opened(page)}


def test_an_edit_shows_whom_it_would_have_refused_and_then_saves(admin_client: Client) -> None:
    row = make_policy()
    listener = factories.make_listener(security_policy=row.pk)
    seen(listener, "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", connections=3)
    url = reverse("policy-edit", args=[row.pk])
    sent = edited(admin_client.get(url), row, versions=["TLSv1.3"], ciphers=SUITES[:1])
    review = admin_client.post(url, {**sent, "go": "review"}).text
    assert "3 of 3 connections would have been refused" in review
    assert "Refused: version" in review
    assert "end after the drain time" in review
    row.refresh_from_db()
    assert row.revision == 1
    assert admin_client.post(url, {**sent, "go": "confirm"})["Location"] == detail(row.pk)
    row.refresh_from_db()
    assert (row.versions, row.ciphers, row.revision) == (["TLSv1.3"], SUITES[:1], 2)


def test_the_order_of_preference_is_kept_and_new_suites_come_last(admin_client: Client) -> None:
    row = make_policy(versions=["TLSv1.2"], ciphers=["ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-GCM-SHA256"])
    url = reverse("policy-edit", args=[row.pk])
    sent = edited(admin_client.get(url), row, ciphers=sorted([*row.ciphers, "AES128-SHA"]))
    admin_client.post(url, {**sent, "go": "confirm"})
    row.refresh_from_db()
    assert row.ciphers == ["ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-GCM-SHA256", "AES128-SHA"]


def test_two_operators_do_not_overwrite_each_other(admin_client: Client) -> None:
    row = make_policy(name="mine")
    url = reverse("policy-edit", args=[row.pk])
    sent = edited(admin_client.get(url), row, name="typed", go="confirm")
    services.update_security_policy(OPERATOR, row.pk, ciphers=[*SUITES, "AES128-SHA"])
    answer = admin_client.post(url, sent)
    assert answer.status_code == 409
    assert 'value="typed"' in answer.text
    assert 'value="AES128-SHA" checked' in answer.text
    assert admin_client.post(url, sent | opened(answer) | {"ciphers": [*SUITES, "AES128-SHA"]}).status_code == 302
    row.refresh_from_db()
    assert (row.name, len(row.ciphers)) == ("typed", 3)


def test_a_policy_in_use_is_not_deleted(admin_client: Client) -> None:
    row = make_policy()
    listener = factories.make_listener(security_policy=row.pk)
    url = reverse("policy-delete", args=[row.pk])
    page = admin_client.get(url)
    assert reverse("listener-detail", args=[listener.pk]) in page.text
    assert admin_client.post(url, opened(page)).status_code == 409
    services.delete_listener(OPERATOR, listener.pk)
    assert admin_client.post(url, opened(admin_client.get(url)))["Location"] == reverse("policy-list")


def test_a_listeners_clients_are_judged_by_any_policy_that_it_could_have(admin_client: Client) -> None:
    listener = factories.make_listener()
    url = reverse("listener-clients-of-week", args=[listener.pk])
    assert "No TLS connection of the last seven days is known" in admin_client.get(url).text
    seen(listener, "TLSv1.2", "AES128-SHA")
    page = admin_client.get(f"{url}?policy={NEEDED}").text
    assert "1 of 1 connection would have been refused" in page
    assert admin_client.get(f"{url}?policy=none").status_code == 404


def test_a_policy_made_from_the_wizard_is_chosen_when_it_comes_back(admin_client: Client) -> None:
    balancer = factories.make_load_balancer()
    wizard = Wizard(admin_client, balancer)
    wizard.send("listener", port="24443", **SETTINGS)
    leave = wizard.send("certificate", "create:security_policy", security_policy="tls_cipher_policy_1_2")
    page = admin_client.get(leave["Location"])
    assert "You come back to the wizard afterwards" in page.text
    sent = {"name": "made", "region": hidden_region(page), "versions": MODERN, "ciphers": SUITES}
    back = admin_client.post(leave["Location"], {**sent, "next": wizard.url("certificate")})
    shown = admin_client.get(back["Location"], follow=True).text
    row = SecurityPolicy.objects.get()
    assert re.search(rf'value="{row.pk}"\s+checked', shown)
    refused = wizard.get("certificate", "?security_policy=none").text
    assert re.search(rf'value="{row.pk}"\s+checked', refused)
    assert "can be chosen here" in refused


def hidden_region(page: Any) -> str:
    found = re.search(r'name="region"\s+value="([^"]*)"', page.text)
    return found[1] if found else ""
