"""Walking the Create listener wizard."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from authorities.models import Authority
from authorities.services.repositories import create_repository
from certificates.models import Certificate, Kind
from listeners import limits, services
from listeners.models import Binding, Listener, Quota
from listeners.tls_policies import WIZARD_POLICY
from tests import factories
from tests.certs import DAY, make_ca, make_leaf, rsa_key
from tests.factories import OPERATOR
from tests.listeners.pages import SETTINGS, Wizard

pytestmark = pytest.mark.django_db


@pytest.fixture
def wizard(admin_client: Client) -> Wizard:
    return Wizard(admin_client, factories.make_load_balancer())


def _certificate_step(certificate: Certificate, **values: Any) -> dict[str, Any]:
    return {"certificate_id": certificate.pk, "security_policy": WIZARD_POLICY, **values}


def _ago(days: int) -> dt.datetime:
    return timezone.now() - days * DAY


def _to_confirm(wizard: Wizard, certificate: Certificate | None = None, **values: Any) -> None:
    certificate = certificate or factories.make_server_certificate()
    wizard.send("listener", port="8443", **SETTINGS | {"name": "shop"})
    wizard.send("certificate", **_certificate_step(certificate, **values))
    wizard.send("server-group", server_group_id=factories.make_server_group("10.0.0.7").pk)


def test_the_four_steps_are_those_of_the_console(wizard: Wizard) -> None:
    text = wizard.get("listener").text
    positions = [
        text.index(title)
        for title in ("Configure Listener", "Configure SSL Certificate", "Select Server Group", ">Confirm<")
    ]
    assert positions == sorted(positions)


def test_a_walk_from_start_to_end_creates_a_running_listener(wizard: Wizard) -> None:
    certificate, extra, authority = (
        factories.make_server_certificate("a.test"),
        factories.make_server_certificate("b.test"),
        factories.make_ca_certificate(),
    )
    group = factories.make_server_group()
    assert wizard.send("listener", port="8443", **SETTINGS)["Location"] == wizard.url("certificate")
    step = _certificate_step(
        certificate,
        additional_certificate_ids=[extra.pk],
        mutual_authentication="on",
        ca_certificate_id=authority.pk,
    )
    assert wizard.send("certificate", **step)["Location"] == wizard.url("server-group")
    assert wizard.send("server-group", server_group_id=group.pk)["Location"] == wizard.url("confirm")
    answer = wizard.send("confirm", "submit")
    listener = Listener.objects.get()
    assert answer["Location"] == reverse("listener-detail", args=[listener.pk])
    assert (listener.port, listener.security_policy, listener.desired) == (8443, WIZARD_POLICY, "running")
    bound = set(listener.bindings.values_list("role", "certificate_id"))
    assert bound == {("default", certificate.pk), ("additional", extra.pk), ("ca", authority.pk)}
    assert listener.created_by == "admin"


def test_the_strict_policy_with_tls13_is_preselected(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    assert f'value="{WIZARD_POLICY}" checked' in wizard.get("certificate").text


def test_each_policy_shows_what_it_asks_for_and_what_the_engine_offers(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    text = wizard.get("certificate").text
    assert "17 cipher suites asked for, 13 offered by the engine" in text
    assert '<li class="is-refused" title="The engine does not have it">TLS_AES_128_CCM_SHA256</li>' in text


@pytest.mark.parametrize("port", ["0", "65536", "https", "", "-1", "8443.5"])
def test_a_port_that_cannot_be_is_refused_at_its_field(wizard: Wizard, port: str) -> None:
    answer = wizard.send("listener", port=port, **SETTINGS)
    assert answer.status_code == 422
    assert answer.context["form"].errors["port"]


@pytest.mark.parametrize("seconds", ["9", "901", "ten"])
def test_an_idle_timeout_out_of_range_is_refused_at_its_field(wizard: Wizard, seconds: str) -> None:
    answer = wizard.send("listener", port="8443", **SETTINGS | {"idle_timeout_seconds": seconds})
    assert answer.context["form"].errors["idle_timeout_seconds"]


def test_a_taken_port_is_said_at_once_with_its_holder(wizard: Wizard) -> None:
    factories.make_listener(load_balancer_id=wizard.balancer.pk, port=8443, name="holder")
    answer = wizard.send("listener", port="8443", **SETTINGS)
    assert "holder" in answer.context["form"].errors["port"][0]


def test_a_weak_key_is_refused_at_the_certificate_with_the_engines_limit(wizard: Wizard) -> None:
    weak = factories.store_certificate(make_leaf(key=rsa_key(1024)))
    wizard.send("listener", port="8443", **SETTINGS)
    answer = wizard.send("certificate", **_certificate_step(weak))
    assert "2048" in answer.context["form"].errors["certificate_id"][0]


def test_a_ca_certificate_is_no_server_certificate_and_the_reverse(wizard: Wizard) -> None:
    server, authority = factories.make_server_certificate(), factories.make_ca_certificate()
    wizard.send("listener", port="8443", **SETTINGS)
    answer = wizard.send("certificate", **_certificate_step(authority))
    assert answer.context["form"].errors["certificate_id"]
    step = _certificate_step(server, mutual_authentication="on", ca_certificate_id=server.pk)
    assert wizard.send("certificate", **step).context["form"].errors["ca_certificate_id"]


def test_mutual_authentication_asks_for_its_ca_certificate(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    step = _certificate_step(factories.make_server_certificate(), mutual_authentication="on")
    assert wizard.send("certificate", **step).context["form"].errors["ca_certificate_id"]


def test_a_ca_certificate_chosen_and_then_switched_off_is_not_used(wizard: Wizard) -> None:
    _to_confirm(wizard, ca_certificate_id=factories.make_ca_certificate().pk)
    wizard.send("confirm", "submit")
    assert not Binding.objects.filter(role="ca").exists()


def test_more_certificates_than_one_operation_takes_are_refused_at_their_field(wizard: Wizard) -> None:
    limits.set_quota(OPERATOR, limits.CERTIFICATES_PER_OPERATION, 1)
    extra = [factories.make_server_certificate(f"{n}.test").pk for n in range(2)]
    wizard.send("listener", port="8443", **SETTINGS)
    step = _certificate_step(factories.make_server_certificate(), additional_certificate_ids=extra)
    assert wizard.send("certificate", **step).context["form"].errors["additional_certificate_ids"]


def test_more_certificates_than_the_instance_takes_are_refused_at_their_field(wizard: Wizard) -> None:
    limits.set_quota(OPERATOR, limits.CERTIFICATES, 0)
    wizard.send("listener", port="8443", **SETTINGS)
    extra = factories.make_server_certificate("b.test")
    step = _certificate_step(factories.make_server_certificate(), additional_certificate_ids=[extra.pk])
    assert "1" in wizard.send("certificate", **step).context["form"].errors["additional_certificate_ids"][0]


def test_the_default_certificate_is_not_taken_twice(wizard: Wizard) -> None:
    certificate = factories.make_server_certificate()
    wizard.send("listener", port="8443", **SETTINGS)
    step = _certificate_step(certificate, additional_certificate_ids=[certificate.pk])
    assert wizard.send("certificate", **step).context["form"].errors["additional_certificate_ids"]


@pytest.mark.parametrize("given", ["lsn-x", "cert-0000000000000000", "\x00", "x" * 500, "<script>"])
def test_a_certificate_that_is_not_there_is_refused(wizard: Wizard, given: str) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    step: dict[str, Any] = {
        "certificate_id": given,
        "additional_certificate_ids": [given],
        "security_policy": WIZARD_POLICY,
    }
    assert wizard.send("certificate", **step).status_code == 422


def test_back_keeps_what_was_typed_valid_or_not(wizard: Wizard) -> None:
    certificate = factories.make_server_certificate()
    wizard.send("listener", port="8443", **SETTINGS | {"name": "kept"})
    wizard.send("certificate", "back", **_certificate_step(certificate, mutual_authentication="on"))
    assert 'value="kept"' in wizard.get("listener").text
    text = wizard.get("certificate").text
    assert f'value="{certificate.pk}" checked' in text
    assert 'name="mutual_authentication" checked' in text


def test_a_step_ahead_of_an_unfinished_one_leads_back_to_it(wizard: Wizard) -> None:
    assert wizard.get("confirm").redirect_chain[-1][0] == wizard.url("listener") + "?check=1"


def test_drafts_of_two_tabs_do_not_mix(admin_client: Client) -> None:
    balancer = factories.make_load_balancer()
    one, two = Wizard(admin_client, balancer), Wizard(admin_client, balancer)
    one.send("listener", port="1111", **SETTINGS)
    two.send("listener", port="2222", **SETTINGS)
    assert 'value="1111"' in one.get("listener").text
    assert 'value="2222"' in two.get("listener").text


def test_a_finished_draft_starts_anew_instead_of_creating_twice(wizard: Wizard) -> None:
    _to_confirm(wizard)
    wizard.send("confirm", "submit")
    answer = wizard.send("confirm", "submit")
    assert answer["Location"] == reverse("listener-create", args=[wizard.balancer.pk])
    assert Listener.objects.count() == 1


def test_a_draft_belongs_to_its_instance_and_its_session(wizard: Wizard, client: Client) -> None:
    other = factories.make_load_balancer()
    url = reverse("listener-create-step", args=[other.pk, wizard.draft, "listener"])
    assert wizard.client.get(url)["Location"] == reverse("listener-create", args=[other.pk])


def test_no_private_key_enters_the_session(wizard: Wizard) -> None:
    key = make_leaf().key_pem.decode()
    values = SETTINGS | {"private_key_pem": key, "passphrase": "open sesame"}
    wizard.send("listener", port="8443", **values)
    for session in Session.objects.all():
        assert "PRIVATE KEY" not in str(session.get_decoded())
        assert "sesame" not in str(session.get_decoded())


def test_creating_a_certificate_comes_back_with_it_selected_and_nothing_lost(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    leave = wizard.send("certificate", "create:certificate_id", security_policy="tls_cipher_policy_1_2")
    page = wizard.client.get(leave["Location"])
    assert page.status_code == 200
    issued = make_leaf("made.test")
    sent = {
        "kind": "server",
        "name": "made-here",
        "certificate_pem": issued.chain_pem.decode(),
        "private_key_pem": issued.key_pem.decode(),
        "next": page.context["next"],
    }
    text = wizard.client.post(reverse("certificate-import"), sent, follow=True).text
    made = Certificate.objects.get(name="made-here")
    assert f'value="{made.pk}" checked' in text
    assert 'value="tls_cipher_policy_1_2" checked' in text


def test_a_created_ca_certificate_and_an_additional_one_return_to_their_own_fields(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    authority, extra = factories.store_certificate(make_ca("Made"), Kind.CA), factories.make_server_certificate()
    wizard.get("certificate", f"?as=ca_certificate_id&imported={authority.pk}")
    wizard.get("certificate", f"?as=additional_certificate_ids&imported={extra.pk}")
    fields = wizard.get("certificate").context["pickers"]
    assert [row.pk for row in fields["ca_certificate_id"].chosen] == [authority.pk]
    assert [row.pk for row in fields["additional_certificate_ids"].chosen] == [extra.pk]
    assert fields["certificate_id"].chosen == []


def test_of_several_imported_certificates_those_that_fit_the_field_are_selected(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    first, second = factories.make_server_certificate(), factories.make_server_certificate()
    made = f"imported={factories.make_ca_certificate().pk}&imported={first.pk}&imported={second.pk}"
    wizard.get("certificate", f"?as=certificate_id&{made}")
    fields = wizard.get("certificate", f"?as=additional_certificate_ids&{made}").context["pickers"]
    assert [row.pk for row in fields["certificate_id"].chosen] == [first.pk]
    assert [row.pk for row in fields["additional_certificate_ids"].chosen] == [first.pk, second.pk]


def test_what_fits_no_field_is_said_and_changes_no_choice(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    certificate = factories.make_server_certificate()
    wizard.send("certificate", "search", **_certificate_step(certificate))
    page = wizard.get("certificate", f"?as=certificate_id&imported={factories.make_ca_certificate().pk}")
    assert "Nothing of what was made can be chosen here" in page.text
    assert [row.pk for row in page.context["pickers"]["certificate_id"].chosen] == [certificate.pk]


def test_a_ca_certificate_is_made_where_its_source_says_and_comes_back_selected(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    certificate, repository = factories.make_server_certificate(), create_repository(OPERATOR, name="Partners")
    typed = _certificate_step(certificate, mutual_authentication="on")
    leave = wizard.send("certificate", "create:ca_certificate_id", ca_source="authority", **typed)["Location"]
    assert leave.startswith(reverse("authority-create"))
    form = {
        "common_name": "Clients",
        "key_type": "P-256",
        "days": "365",
        "path_length": "0",
        "next": wizard.client.get(leave).context["next"],
    }
    page = wizard.client.post(reverse("authority-create"), form, follow=True)
    made = Authority.objects.get().certificate
    assert [row.pk for row in page.context["pickers"]["ca_certificate_id"].chosen] == [made.pk]
    assert [row.pk for row in page.context["pickers"]["certificate_id"].chosen] == [certificate.pk]
    typed |= {"ca_source": "third-party", "ca_repository_id": repository.pk}
    leave = wizard.send("certificate", "create:ca_certificate_id", **typed)["Location"]
    address = reverse("repository-upload", args=[repository.pk])
    assert leave.startswith(address)
    upload = {"certificate_pem": make_ca("Partner").pem.decode(), "next": wizard.client.get(leave).context["next"]}
    page = wizard.client.post(address, upload, follow=True)
    assert [str(row) for row in page.context["pickers"]["ca_certificate_id"].chosen] == ["partner"]


def test_an_instance_that_is_full_offers_no_additional_certificates(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    Quota.objects.filter(name=limits.CERTIFICATES).update(limit=1)
    listener = factories.make_listener(load_balancer_id=wizard.balancer.pk)
    services.add_additional_certificates(
        OPERATOR, listener.pk, certificate_ids=[factories.make_server_certificate().pk]
    )
    text = wizard.get("certificate").text
    assert "1/1 used on this load balancer" in text
    assert "none can be added" in text
    assert "additional_certificate_ids" not in text


def test_creating_a_server_group_comes_back_with_it_selected(wizard: Wizard) -> None:
    wizard.send("listener", port="8443", **SETTINGS)
    wizard.send("certificate", **_certificate_step(factories.make_server_certificate()))
    leave = wizard.send("server-group", "create:server_group_id")
    group = factories.make_server_group()
    assert wizard.client.get(leave["Location"]).status_code == 200
    text = wizard.get("server-group", f"?as=server_group_id&server_group={group.pk}").text
    assert f'value="{group.pk}" checked' in text


def test_confirm_shows_every_value_the_impact_the_warnings_and_the_call(wizard: Wizard) -> None:
    expired = factories.make_server_certificate("old.test", not_before=_ago(9), not_after=_ago(2))
    _to_confirm(wizard, expired, security_policy="tls_cipher_policy_1_0")
    text = wizard.get("confirm").text
    for shown in (
        "shop",
        "port 8443",
        "900 s",
        expired.name,
        "old.test",
        "10.0.0.7:9000",
        "There are no open connections",
    ):
        assert shown in text
    assert "expired on" in text
    assert "RFC 8996" in text
    assert "curl -X POST" in text
    assert "$LBADMIN_TOKEN" in text
    assert wizard.balancer.pk in text


def test_a_refusal_at_the_end_is_shown_in_the_step_that_can_put_it_right(wizard: Wizard) -> None:
    _to_confirm(wizard)
    factories.make_listener(load_balancer_id=wizard.balancer.pk, port=8443)
    answer = wizard.send("confirm", "submit")
    assert answer.status_code == 422
    assert answer.context["step"].id == "listener"
    assert answer.context["form"].errors["port"]


def test_cancel_forgets_the_draft(wizard: Wizard) -> None:
    answer = wizard.send("listener", "cancel", port="1", **SETTINGS)
    assert answer["Location"] == reverse("load-balancer-detail", args=[wizard.balancer.pk])
    assert wizard.draft not in wizard.client.session["drafts"]


def test_abandoned_drafts_make_room(admin_client: Client) -> None:
    balancer = factories.make_load_balancer()
    drafts = [Wizard(admin_client, balancer).draft for _ in range(22)]
    kept = admin_client.session["drafts"]
    assert len(kept) == 20
    assert drafts[0] not in kept
    assert drafts[-1] in kept


def test_a_search_finds_a_certificate_and_keeps_the_one_that_is_chosen(wizard: Wizard) -> None:
    chosen = factories.make_server_certificate("chosen.test")
    found, other = factories.make_server_certificate("needle.test"), factories.make_server_certificate("other.test")
    wizard.send("listener", port="8443", **SETTINGS)
    answer = wizard.send("certificate", "search", certificate_id=chosen.pk, certificate_id_search="needle")
    field = wizard.client.get(answer["Location"]).context["pickers"]["certificate_id"]
    assert [row.pk for row in field.chosen] == [chosen.pk]
    assert [row.pk for row in field.found] == [found.pk]
    fragment = wizard.client.get(
        reverse("listener-choices", args=["certificate_id"]),
        {"certificate_id_search": "needle", "certificate_id": chosen.pk},
    ).text
    assert f'value="{found.pk}"' in fragment
    assert f'value="{chosen.pk}" checked' in fragment
    assert other.pk not in fragment


def test_choices_of_an_unknown_field_are_not_found(admin_client: Client) -> None:
    assert admin_client.get(reverse("listener-choices", args=["password"])).status_code == 404


def test_an_unknown_step_is_not_found(wizard: Wizard) -> None:
    assert wizard.get("nowhere").status_code == 404


def test_the_default_certificate_is_not_offered_as_an_additional_one(wizard: Wizard) -> None:
    default, other = factories.make_server_certificate("a.test"), factories.make_server_certificate("b.test")
    wizard.send("listener", port="8443", **SETTINGS)
    wizard.send("certificate", "search", certificate_id=default.pk)
    offered = wizard.get("certificate").context["pickers"]["additional_certificate_ids"]
    assert [row.pk for row in offered.found] == [other.pk]
    fragment = wizard.client.get(
        reverse("listener-choices", args=["additional_certificate_ids"]), {"certificate_id": default.pk}
    ).text
    assert other.pk in fragment
    assert default.pk not in fragment
