"""The Create listener wizard of each product and protocol: its steps, its fields, and what it creates."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from certificates.models import Certificate
from listeners import services
from listeners.models import Listener, LoadBalancer
from tests import factories
from tests.certs import make_leaf, rsa_key
from tests.factories import OPERATOR
from tests.listeners.pages import Wizard

pytestmark = pytest.mark.django_db

NLB, ALB, CLB = "NLB", "ALB", "CLB"
FOUR = ["listener", "certificate", "server-group", "confirm"]
THREE = ["listener", "server-group", "confirm"]


def _balancer(product: str, edition: str = "") -> LoadBalancer:
    return factories.make_load_balancer(product=product, edition=edition or ("Standard" if product == ALB else ""))


def _wizard(client: Client, balancer: LoadBalancer, protocol: str) -> Wizard:
    wizard = Wizard(client, balancer)
    wizard.send("listener", f"protocol:{protocol}")
    return wizard


def _rsa_certificate() -> Certificate:
    return factories.store_certificate(make_leaf("www.test", key=rsa_key()))


def _settings(wizard: Wizard, **values: Any) -> dict[str, Any]:
    """Return what the first step's form would send as it stands."""
    form = wizard.get("listener").context["form"]
    shown = {name: form[name].value() for name in form.fields}
    typed = {name: "on" if value is True else value for name, value in shown.items() if value not in (None, "")}
    typed = {name: value for name, value in typed.items() if value is not False}
    return {"protocol": form.scope.protocol, **typed, "port": "8443", **values}


@pytest.mark.parametrize(
    ("product", "protocol", "steps", "titles"),
    [
        (NLB, "TCPSSL", FOUR, ["Configure Listener", "Configure SSL Certificate", "Select Server Group", "Confirm"]),
        (NLB, "TCP", THREE, ["Configure Listener", "Select Server Group", "Confirm"]),
        (NLB, "UDP", THREE, ["Configure Listener", "Select Server Group", "Confirm"]),
        (ALB, "HTTP", THREE, ["Configure Listener", "Select Server Group", "Configuration Review"]),
        (
            ALB,
            "HTTPS",
            FOUR,
            ["Configure Listener", "Configure SSL Certificate", "Select Server Group", "Configuration Review"],
        ),
        (
            ALB,
            "QUIC",
            FOUR,
            ["Configure Listener", "Configure SSL Certificate", "Select Server Group", "Configuration Review"],
        ),
        (CLB, "TCP", THREE, ["Protocol and Listener", "Backend Servers", "Confirm"]),
        (CLB, "HTTP", THREE, ["Protocol and Listener", "Backend Servers", "Confirm"]),
        (CLB, "HTTPS", FOUR, ["Protocol and Listener", "SSL Certificates", "Backend Servers", "Confirm"]),
    ],
)
def test_the_steps_are_those_of_the_product_and_protocol(
    admin_client: Client, product: str, protocol: str, steps: list[str], titles: list[str]
) -> None:
    found = _wizard(admin_client, _balancer(product), protocol).get("listener").context["steps"]
    assert [step.id for step in found] == steps
    assert [str(step.title) for step in found] == titles


@pytest.mark.parametrize(
    ("product", "protocol", "offered", "absent"),
    [
        (NLB, "TCP", {"connections_per_second", "proxy_protocol_enabled"}, {"alpn_policy", "http2_enabled"}),
        (NLB, "UDP", {"idle_timeout_seconds"}, {"proxy_protocol_enabled", "connections_per_second"}),
        (ALB, "HTTPS", {"http2_enabled", "request_timeout_seconds", "quic_listener_id"}, {"proxy_protocol_enabled"}),
        (ALB, "QUIC", {"compression_enabled"}, {"http2_enabled", "quic_listener_id"}),
        (CLB, "HTTP", {"redirect_port", "request_timeout_seconds"}, {"http2_enabled", "quic_listener_id"}),
    ],
)
def test_what_does_not_apply_is_not_offered(
    admin_client: Client, product: str, protocol: str, offered: set[str], absent: set[str]
) -> None:
    form = _wizard(admin_client, _balancer(product), protocol).get("listener").context["form"]
    assert offered <= set(form.offered)
    assert not absent & set(form.offered)


def test_another_protocol_brings_its_own_defaults_and_keeps_the_port(admin_client: Client) -> None:
    wizard = Wizard(admin_client, _balancer(NLB))
    wizard.send("listener", "protocol:UDP", port="53", name="dns", idle_timeout_seconds="900", alpn_policy="HTTP2Only")
    form = wizard.get("listener").context["form"]
    assert (form["port"].value(), form["name"].value(), form["idle_timeout_seconds"].value()) == ("53", "dns", 90)
    wizard = Wizard(admin_client, _balancer(ALB))
    wizard.send("listener", "protocol:QUIC", port="443")
    wizard.send("listener", "protocol:HTTPS", protocol="QUIC", port="443", compression_enabled="on")
    form = wizard.get("listener").context["form"]
    assert form["http2_enabled"].value() is True


def test_a_protocol_of_another_product_is_refused_in_the_words_of_rest(admin_client: Client) -> None:
    wizard = Wizard(admin_client, _balancer(ALB))
    wizard.send("listener", "protocol:UDP", port="443")
    page = wizard.get("listener")
    assert "has no UDP listeners" in page.text
    assert page.context["protocol"] == "HTTPS"


def test_a_setting_that_does_not_apply_is_refused_when_it_is_sent_anyway(admin_client: Client) -> None:
    wizard = _wizard(admin_client, _balancer(NLB), "UDP")
    answer = wizard.send("listener", **_settings(wizard, alpn_policy="HTTP2Only"))
    assert answer.status_code == 422
    assert "has no ALPN policy" in answer.text


@pytest.mark.parametrize(
    ("product", "protocol", "group"),
    [(NLB, "TCP", "TCP_UDP"), (NLB, "UDP", "UDP"), (ALB, "HTTP", "HTTP"), (CLB, "TCP", "TCP"), (CLB, "HTTP", "HTTP")],
)
def test_a_listener_without_certificates_is_created_in_three_steps(
    admin_client: Client, product: str, protocol: str, group: str
) -> None:
    wizard = _wizard(admin_client, _balancer(product), protocol)
    assert wizard.send("listener", **_settings(wizard))["Location"] == wizard.url("server-group")
    chosen = factories.make_server_group(protocol=group)
    wizard.send("server-group", server_group_id=chosen.pk)
    wizard.send("confirm", "submit")
    listener = Listener.objects.get()
    assert (listener.protocol, listener.server_group_id, listener.bindings.count()) == (protocol, chosen.pk, 0)
    assert listener.desired == ("stopped" if product == CLB else "running")


def test_only_server_groups_that_the_protocol_can_use_are_offered(admin_client: Client) -> None:
    wizard = _wizard(admin_client, _balancer(ALB), "HTTP")
    fits, other = factories.make_server_group(protocol="HTTP"), factories.make_server_group()
    wizard.send("listener", **_settings(wizard))
    found = wizard.get("server-group").context["pickers"]["server_group_id"].found
    assert [row.pk for row in found] == [fits.pk]
    refused = wizard.send("server-group", server_group_id=other.pk)
    assert refused.status_code == 422
    assert "forwards to groups for HTTP" in refused.text


@pytest.mark.parametrize(
    ("protocol", "edition", "words"),
    [("QUIC", "Standard", "no client is asked"), ("HTTPS", "Basic", "has one-way authentication only")],
)
def test_mutual_authentication_is_not_offered_where_there_is_none_and_the_page_says_why(
    admin_client: Client, protocol: str, edition: str, words: str
) -> None:
    wizard = _wizard(admin_client, _balancer(ALB, edition), protocol)
    wizard.send("listener", **_settings(wizard))
    page = wizard.get("certificate")
    assert 'name="mutual_authentication"' not in page.text
    assert words in page.text


def test_mutual_authentication_of_a_basic_edition_is_refused_when_it_is_sent_anyway(admin_client: Client) -> None:
    wizard = _wizard(admin_client, _balancer(ALB, "Basic"), "HTTPS")
    wizard.send("listener", **_settings(wizard))
    certificate, authority = factories.make_server_certificate(), factories.make_ca_certificate()
    sent = {"certificate_id": certificate.pk, "mutual_authentication": "on", "ca_certificate_id": authority.pk}
    answer = wizard.send("certificate", security_policy="tls_cipher_policy_1_2", **sent)
    assert answer.status_code == 422
    assert "upgrade the load balancer to the edition" in answer.text


def test_an_https_listener_can_announce_a_quic_listener_that_nobody_announces(admin_client: Client) -> None:
    balancer = _balancer(ALB)
    group, certificate = factories.make_server_group(protocol="HTTP"), factories.make_server_certificate()
    common: dict[str, Any] = {
        "load_balancer_id": balancer.pk,
        "server_group_id": group.pk,
        "certificate_id": certificate.pk,
    }
    quic = services.create_listener(OPERATOR, protocol="QUIC", port=443, **common)
    wizard = _wizard(admin_client, balancer, "HTTPS")
    wizard.send("listener", **_settings(wizard, quic_listener_id=quic.pk))
    wizard.send("certificate", certificate_id=certificate.pk, security_policy="tls_cipher_policy_1_2_strict_with_1_3")
    wizard.send("server-group", server_group_id=group.pk)
    wizard.send("confirm", "submit")
    listener = Listener.objects.get(protocol="HTTPS")
    assert listener.quic_listener_id == quic.pk
    assert [
        value
        for value, _label in _wizard(admin_client, balancer, "HTTPS")
        .get("listener")
        .context["form"]
        .fields["quic_listener_id"]
        .choices
    ] == [""]
    pages = [admin_client.get(reverse("listener-detail", args=[row.pk])).text for row in (listener, quic)]
    assert quic.pk in pages[0]
    assert "Announced by" in pages[1]


def test_a_redirecting_http_listener_of_a_clb_needs_no_server_group_and_starts_stopped(admin_client: Client) -> None:
    balancer, certificate = _balancer(CLB), _rsa_certificate()
    services.add_regional_certificate(OPERATOR, certificate.pk, regions=[balancer.region])
    wizard = _wizard(admin_client, balancer, "HTTPS")
    wizard.send("listener", **_settings(wizard))
    step = wizard.get("certificate")
    assert "additional_certificate_ids" not in step.text
    assert [row.pk for row in step.context["pickers"]["certificate_id"].found] == [certificate.pk]
    wizard.send("certificate", certificate_id=certificate.pk, security_policy="tls_cipher_policy_1_2")
    wizard.send("server-group", server_group_id=factories.make_server_group(protocol="HTTP").pk)
    assert "created stopped" in wizard.get("confirm").text
    wizard.send("confirm", "submit")
    redirecting = _wizard(admin_client, balancer, "HTTP")
    first = redirecting.send("listener", **_settings(redirecting, port="8080", redirect_port="8443"))
    assert first["Location"] == redirecting.url("confirm")
    created = redirecting.send("confirm", "submit")
    listener = Listener.objects.get(port=8080)
    assert (listener.redirect_port, listener.server_group_id, listener.desired) == (8443, None, "stopped")
    page = admin_client.get(created["Location"])
    assert "This listener is stopped" in page.text
    assert reverse("listener-start", args=[listener.pk]) in page.text


def test_a_clb_offers_only_rsa_certificates_of_its_region(admin_client: Client) -> None:
    balancer = _balancer(CLB)
    factories.make_server_certificate("ecdsa.test")
    elsewhere = _rsa_certificate()
    services.add_regional_certificate(OPERATOR, elsewhere.pk, regions=["eu-central-1"])
    wizard = _wizard(admin_client, balancer, "HTTPS")
    wizard.send("listener", **_settings(wizard))
    assert wizard.get("certificate").context["pickers"]["certificate_id"].found == []
    leave = wizard.send("certificate", "create:certificate_id")["Location"]
    assert leave.startswith(reverse("regional-certificate-add"))
    refused = wizard.send("certificate", certificate_id=elsewhere.pk, security_policy="tls_cipher_policy_1_2")
    assert "was not added to region" in refused.text
