"""Listeners by the official client of NLB."""

from typing import Any

import pytest
from alibabacloud_nlb20220430 import models
from alibabacloud_nlb20220430.client import Client

from listeners.models import Listener
from tests.cloudapi.asking import refusal
from tests.factories import (
    make_ca_certificate,
    make_listener,
    make_load_balancer,
    make_server_certificate,
    make_server_group,
)

pytestmark = pytest.mark.django_db


def created(nlb: Client, **given: Any) -> str:
    fields = {
        "load_balancer_id": make_load_balancer().pk,
        "listener_protocol": "TCPSSL",
        "listener_port": 443,
        "server_group_id": make_server_group().pk,
        "certificate_ids": [make_server_certificate().pk],
        **given,
    }
    body = nlb.create_listener(models.CreateListenerRequest(**fields)).body
    assert nlb.get_job_status(models.GetJobStatusRequest(job_id=body.job_id)).body.status == "Succeeded"
    return str(body.listener_id)


def shown(nlb: Client, listener_id: str) -> Any:
    return nlb.get_listener_attribute(models.GetListenerAttributeRequest(listener_id=listener_id)).body


def test_created_listener_is_shown_as_it_was_asked_for(nlb: Client) -> None:
    authority = make_ca_certificate()
    listener_id = created(
        nlb,
        listener_description="shop",
        idle_timeout=120,
        security_policy_id="tls_cipher_policy_1_2",
        ca_enabled=True,
        ca_certificate_ids=[authority.pk],
        alpn_enabled=True,
        alpn_policy="HTTP2Preferred",
        proxy_protocol_enabled=True,
        cps=100,
        mss=1200,
        sec_sensor_enabled=True,
        tag=[models.CreateListenerRequestTag(key="team", value="shop")],
    )
    body = shown(nlb, listener_id)
    assert listener_id.endswith("@443")
    assert (body.listener_id, body.listener_protocol, body.listener_port) == (listener_id, "TCPSSL", 443)
    assert (body.listener_description, body.idle_timeout, body.cps, body.mss) == ("shop", 120, 100, 1200)
    assert (body.security_policy_id, body.alpn_policy, body.alpn_enabled) == (
        "tls_cipher_policy_1_2",
        "HTTP2Preferred",
        True,
    )
    assert (body.proxy_protocol_enabled, body.sec_sensor_enabled, body.ca_enabled) == (True, True, True)
    assert body.listener_status == "Provisioning"  # no node runs
    assert [(tag.tag_key, tag.tag_value) for tag in body.tags] == [("team", "shop")]
    assert body.certificate_ids[0].endswith("-cn-hangzhou")
    assert len(body.ca_certificate_ids[0]) == 36


def test_certificate_is_found_again_by_each_of_its_identifiers(nlb: Client) -> None:
    certificate = make_server_certificate()
    first = shown(nlb, created(nlb, certificate_ids=[certificate.pk]))
    regional = first.certificate_ids[0]
    for port, identifier in enumerate((regional, regional.partition("-")[0]), 1000):
        again = shown(nlb, created(nlb, certificate_ids=[identifier], listener_port=port))
        assert again.certificate_ids == [regional]


def test_changed_listener_is_shown_as_it_is_then(nlb: Client) -> None:
    listener_id = created(nlb)
    other, authority = make_server_certificate(), make_ca_certificate()
    nlb.update_listener_attribute(
        models.UpdateListenerAttributeRequest(
            listener_id=listener_id,
            listener_description="till",
            certificate_ids=[other.pk],
            ca_enabled=True,
            ca_certificate_ids=[authority.pk],
            security_policy_id="tls_cipher_policy_1_2_strict",
            alpn_enabled=True,
            alpn_policy="HTTP1Only",
        )
    )
    listener = Listener.objects.get(pk=listener_id.partition("@")[0])
    assert (listener.name, listener.security_policy) == ("till", "tls_cipher_policy_1_2_strict")
    assert {(each.role, each.certificate_id) for each in listener.bindings.all()} == {
        ("default", other.pk),
        ("ca", authority.pk),
    }
    nlb.update_listener_attribute(
        models.UpdateListenerAttributeRequest(listener_id=listener_id, ca_enabled=False, alpn_enabled=False)
    )
    listener.refresh_from_db()
    assert (listener.mutual_authentication, listener.alpn_policy) == (False, "")


def test_update_that_fails_at_its_end_changes_nothing(nlb: Client) -> None:
    listener = make_listener(name="before")
    request = models.UpdateListenerAttributeRequest(
        listener_id=listener.pk, listener_description="after", certificate_ids=["cert-none"]
    )
    assert refusal(nlb.update_listener_attribute, request) == (400, "ResourceNotFound.Certificate")
    listener.refresh_from_db()
    assert listener.name == "before"


def test_listener_is_stopped_started_and_deleted(nlb: Client) -> None:
    listener_id = created(nlb)
    nlb.stop_listener(models.StopListenerRequest(listener_id=listener_id))
    assert shown(nlb, listener_id).listener_status == "Stopped"
    nlb.start_listener(models.StartListenerRequest(listener_id=listener_id))
    assert shown(nlb, listener_id).listener_status == "Provisioning"
    nlb.delete_listener(models.DeleteListenerRequest(listener_id=listener_id))
    request = models.GetListenerAttributeRequest(listener_id=listener_id)
    assert refusal(nlb.get_listener_attribute, request) == (404, "ResourceNotFound.listener")


def test_listeners_are_listed_page_by_page(nlb: Client) -> None:
    balancer = make_load_balancer()
    made = [make_listener(load_balancer_id=balancer.pk, port=port) for port in (1001, 1002, 1003)]
    make_listener(product="ALB")
    request = models.ListListenersRequest(load_balancer_ids=[balancer.pk], max_results=2)
    first = nlb.list_listeners(request).body
    assert (first.total_count, first.max_results, len(first.listeners)) == (3, 2, 2)
    request.next_token = first.next_token
    second = nlb.list_listeners(request).body
    assert [each.listener_port for each in second.listeners] == [1003]
    assert not second.next_token
    by_id = nlb.list_listeners(models.ListListenersRequest(listener_ids=[f"{made[1].pk}@1002"])).body
    assert [each.listener_id for each in by_id.listeners] == [f"{made[1].pk}@1002"]


def test_listeners_are_found_by_tag_and_protocol(nlb: Client) -> None:
    wanted = make_listener(tags={"team": "shop"})
    make_listener(tags={"team": "till"})
    tag = models.ListListenersRequestTag(key="team", value="shop")
    found = nlb.list_listeners(models.ListListenersRequest(tag=[tag], listener_protocol="tcpssl")).body.listeners
    assert [each.listener_id.partition("@")[0] for each in found] == [wanted.pk]
    quiet = models.ListListenersRequest(sec_sensor_enabled="false")
    assert nlb.list_listeners(quiet).body.total_count == 2


def test_additional_certificates_are_associated_listed_and_disassociated(nlb: Client) -> None:
    listener_id = created(nlb)
    certificates = [make_server_certificate(f"{name}.example.com") for name in ("a", "b")]
    ids = [certificate.pk for certificate in certificates]
    add = models.AssociateAdditionalCertificatesWithListenerRequest(
        listener_id=listener_id, additional_certificate_ids=ids
    )
    nlb.associate_additional_certificates_with_listener(add)
    assert refusal(nlb.associate_additional_certificates_with_listener, add) == (
        400,
        "ResourceAlreadyAssociated.Certificate",
    )
    listed = nlb.list_listener_certificates(models.ListListenerCertificatesRequest(listener_id=listener_id)).body
    assert [(each.is_default, each.certificate_type, each.status) for each in listed.certificates] == [
        (True, "Server", "Associated"),
        (False, "Server", "Associated"),
        (False, "Server", "Associated"),
    ]
    remove = models.DisassociateAdditionalCertificatesWithListenerRequest(
        listener_id=listener_id, additional_certificate_ids=listed.certificate_ids[1:]
    )
    nlb.disassociate_additional_certificates_with_listener(remove)
    assert refusal(nlb.disassociate_additional_certificates_with_listener, remove) == (
        400,
        "ResourceNotAssociated.Certificate",
    )
    remove.additional_certificate_ids = listed.certificate_ids[:1]
    assert refusal(nlb.disassociate_additional_certificates_with_listener, remove) == (
        400,
        "OperationDenied.DefaultCertificateUsed",
    )


def test_health_of_a_listener_names_no_server_that_nobody_checked(nlb: Client) -> None:
    listener = make_listener()
    request = models.GetListenerHealthStatusRequest(listener_id=listener.pk)
    told = nlb.get_listener_health_status(request).body.listener_health_status[0]
    assert (told.listener_port, told.server_group_infos[0].server_group_id) == (listener.port, listener.server_group_id)
    assert told.server_group_infos[0].non_normal_servers == []


REFUSED = [
    ({"listener_port": 0, "start_port": 1, "end_port": 9}, (400, "IllegalParam.Port")),
    ({"listener_port": 65536}, (400, "IllegalParam.ListenerPort")),
    ({"listener_protocol": "HTTPS"}, (400, "IllegalParam.ListenerProtocol")),
    ({"listener_description": "<b>"}, (400, "IllegalParam.ListenerDescription")),
    ({"idle_timeout": 901}, (400, "IllegalParam.IdleTimeout")),
    ({"certificate_ids": []}, (400, "MissingParam.Certificate")),
    ({"certificate_ids": ["a", "b"]}, (400, "IllegalParamSize.certificateIds")),
    ({"certificate_ids": ["10000000-cn-hangzhou"]}, (400, "ResourceNotFound.Certificate")),
    ({"ca_enabled": True}, (400, "ResourceNotEnough.CaCertificateApiCount")),
    ({"ca_enabled": True, "ca_certificate_ids": ["x"]}, (404, "ResourceNotFound.CaCertificate")),
    ({"security_policy_id": "sp-none"}, (404, "ResourceNotFound.securitypolicy")),
    ({"server_group_id": "sgp-none"}, (404, "ResourceNotFound.serverGroup")),
    ({"load_balancer_id": "nlb-none"}, (404, "ResourceNotFound.loadBalancer")),
    ({"alpn_policy": "HTTP9"}, (400, "IllegalParam.AlpnPolicy")),
]


@pytest.mark.parametrize(("given", "expected"), REFUSED)
def test_wrong_listener_is_refused_with_the_documented_code(
    nlb: Client, given: dict[str, Any], expected: tuple[int, str]
) -> None:
    fields = {
        "load_balancer_id": make_load_balancer().pk,
        "listener_protocol": "TCPSSL",
        "listener_port": 443,
        "server_group_id": make_server_group().pk,
        "certificate_ids": [make_server_certificate().pk],
        **given,
    }
    assert refusal(nlb.create_listener, models.CreateListenerRequest(**fields)) == expected
    assert not Listener.objects.exists()


def test_taken_port_is_a_conflict(nlb: Client) -> None:
    there = make_listener()
    request = models.CreateListenerRequest(
        load_balancer_id=there.load_balancer_id,
        listener_protocol="TCPSSL",
        listener_port=there.port,
        server_group_id=there.server_group_id,
        certificate_ids=[make_server_certificate().pk],
    )
    assert refusal(nlb.create_listener, request) == (400, "Conflict.Port")


def test_ca_certificate_as_server_certificate_is_named_in_the_error(nlb: Client) -> None:
    authority = make_ca_certificate()
    listener = make_listener()
    request = models.UpdateListenerAttributeRequest(listener_id=listener.pk, certificate_ids=[authority.pk])
    assert refusal(nlb.update_listener_attribute, request) == (400, "IllegalParam.CertificateIds")
