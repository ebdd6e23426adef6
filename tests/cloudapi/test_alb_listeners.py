"""Listeners by the official client of ALB."""

from typing import Any

import pytest
from alibabacloud_alb20200616 import models
from alibabacloud_alb20200616.client import Client

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


def action(group_id: str) -> models.CreateListenerRequestDefaultActions:
    group = models.CreateListenerRequestDefaultActionsForwardGroupConfigServerGroupTuples(server_group_id=group_id)
    config = models.CreateListenerRequestDefaultActionsForwardGroupConfig(server_group_tuples=[group])
    return models.CreateListenerRequestDefaultActions(type="ForwardGroup", forward_group_config=config)


def wanted(**given: Any) -> models.CreateListenerRequest:
    certificate = models.CreateListenerRequestCertificates(certificate_id=make_server_certificate().pk)
    fields = {
        "load_balancer_id": make_load_balancer(product="ALB").pk,
        "listener_protocol": "HTTPS",
        "listener_port": 443,
        "certificates": [certificate],
        "default_actions": [action(make_server_group(protocol="HTTP").pk)],
        **given,
    }
    return models.CreateListenerRequest(**fields)


def shown(alb: Client, listener_id: str) -> Any:
    return alb.get_listener_attribute(models.GetListenerAttributeRequest(listener_id=listener_id)).body


def test_created_listener_is_shown_as_it_was_asked_for(alb: Client) -> None:
    authority = models.CreateListenerRequestCaCertificates(certificate_id=make_ca_certificate().pk)
    headers = models.CreateListenerRequestXForwardedForConfig(
        xforwarded_for_proto_enabled=True,
        xforwarded_for_client_cert_fingerprint_enabled=True,
        xforwarded_for_client_cert_fingerprint_alias="x-client-fingerprint",
        xforwarded_for_enabled=True,
        xforwarded_for_processing_mode="remove",
    )
    request = wanted(
        listener_description="shop",
        idle_timeout=30,
        request_timeout=90,
        gzip_enabled=False,
        http_2enabled=False,
        security_policy_id="tls_cipher_policy_1_2",
        ca_enabled=True,
        ca_certificates=[authority],
        xforwarded_for_config=headers,
        tag=[models.CreateListenerRequestTag(key="team", value="shop")],
    )
    answer = alb.create_listener(request).body
    body = shown(alb, answer.listener_id)
    assert (body.listener_protocol, body.listener_port, body.listener_description) == ("HTTPS", 443, "shop")
    assert (body.idle_timeout, body.request_timeout) == (30, 90)
    assert (body.gzip_enabled, body.http_2enabled, body.ca_enabled) == (False, False, True)
    assert body.security_policy_id == "tls_cipher_policy_1_2"
    assert body.xforwarded_for_config.xforwarded_for_proto_enabled is True
    assert body.xforwarded_for_config.xforwarded_for_processing_mode == "remove"
    assert body.xforwarded_for_config.xforwarded_for_client_cert_fingerprint_alias == "x-client-fingerprint"
    assert body.certificates[0].certificate_id.endswith("-cn-hangzhou")
    assert len(body.ca_certificates[0].certificate_id) == 36
    assert [(tag.key, tag.value) for tag in body.tags] == [("team", "shop")]
    jobs = alb.list_asyn_jobs(models.ListAsynJobsRequest(job_ids=[answer.job_id])).body.jobs
    assert [(job.api_name, job.resource_id, job.resource_type, job.operate_type, job.status) for job in jobs] == [
        ("CreateListener", answer.listener_id, "listener", "Create", "Succeeded")
    ]


def test_changed_listener_is_shown_as_it_is_then(alb: Client) -> None:
    listener = make_listener(product="ALB", protocol="HTTPS")
    certificate, group = make_server_certificate(), make_server_group(protocol="HTTP")
    target = models.UpdateListenerAttributeRequestDefaultActionsForwardGroupConfigServerGroupTuples(
        server_group_id=group.pk
    )
    forward = models.UpdateListenerAttributeRequestDefaultActionsForwardGroupConfig(server_group_tuples=[target])
    request = models.UpdateListenerAttributeRequest(
        listener_id=listener.pk,
        listener_description="till",
        certificates=[models.UpdateListenerAttributeRequestCertificates(certificate_id=certificate.pk)],
        default_actions=[
            models.UpdateListenerAttributeRequestDefaultActions(type="ForwardGroup", forward_group_config=forward)
        ],
        xforwarded_for_config=models.UpdateListenerAttributeRequestXForwardedForConfig(xforwarded_for_enabled=False),
    )
    alb.update_listener_attribute(request)
    body = shown(alb, listener.pk)
    assert body.listener_description == "till"
    assert body.default_actions[0].forward_group_config.server_group_tuples[0].server_group_id == group.pk
    assert body.xforwarded_for_config.xforwarded_for_enabled is False
    assert listener.bindings.get(role="default").certificate_id == certificate.pk


def test_quic_listener_is_announced(alb: Client) -> None:
    balancer = make_load_balancer(product="ALB")
    quic = make_listener(load_balancer_id=balancer.pk, protocol="QUIC", port=443)
    https = make_listener(load_balancer_id=balancer.pk, protocol="HTTPS", port=443)
    config = models.UpdateListenerAttributeRequestQuicConfig(quic_listener_id=quic.pk, quic_upgrade_enabled=True)
    alb.update_listener_attribute(models.UpdateListenerAttributeRequest(listener_id=https.pk, quic_config=config))
    body = shown(alb, https.pk)
    assert (body.quic_config.quic_listener_id, body.quic_config.quic_upgrade_enabled) == (quic.pk, True)
    request = models.DeleteListenerRequest(listener_id=quic.pk)
    assert refusal(alb.delete_listener, request) == (400, "ResourceInUse.Listener")


def test_listener_is_stopped_started_listed_and_deleted(alb: Client) -> None:
    listener = make_listener(product="ALB", protocol="HTTP", tags={"team": "shop"})
    make_listener()
    alb.stop_listener(models.StopListenerRequest(listener_id=listener.pk))
    tag = models.ListListenersRequestTag(key="team", value="shop")
    listed = alb.list_listeners(models.ListListenersRequest(tag=[tag])).body
    assert [(each.listener_id, each.listener_status) for each in listed.listeners] == [(listener.pk, "Stopped")]
    alb.start_listener(models.StartListenerRequest(listener_id=listener.pk))
    assert alb.list_listeners(models.ListListenersRequest()).body.total_count == 1
    alb.delete_listener(models.DeleteListenerRequest(listener_id=listener.pk))
    request = models.GetListenerAttributeRequest(listener_id=listener.pk)
    assert refusal(alb.get_listener_attribute, request) == (404, "ResourceNotFound.Listener")


def test_additional_certificates_are_associated_listed_and_dissociated(alb: Client) -> None:
    listener = make_listener(product="ALB", protocol="HTTPS")
    certificate = make_server_certificate("a.example.com")
    one = models.AssociateAdditionalCertificatesWithListenerRequestCertificates(certificate_id=certificate.pk)
    add = models.AssociateAdditionalCertificatesWithListenerRequest(listener_id=listener.pk, certificates=[one])
    alb.associate_additional_certificates_with_listener(add)
    assert refusal(alb.associate_additional_certificates_with_listener, add) == (
        400,
        "ResourceAlreadyAssociated.Certificate",
    )
    request = models.ListListenerCertificatesRequest(listener_id=listener.pk, certificate_type="Server")
    listed = alb.list_listener_certificates(request).body.certificates
    assert [each.is_default for each in listed] == [True, False]

    def dissociate(certificate_id: str) -> models.DissociateAdditionalCertificatesFromListenerRequest:
        gone = models.DissociateAdditionalCertificatesFromListenerRequestCertificates(certificate_id=certificate_id)
        return models.DissociateAdditionalCertificatesFromListenerRequest(listener_id=listener.pk, certificates=[gone])

    remove = alb.dissociate_additional_certificates_from_listener
    remove(dissociate(listed[1].certificate_id))
    assert refusal(remove, dissociate(listed[1].certificate_id)) == (400, "ResourceNotAssociated.Certificate")
    assert refusal(remove, dissociate(listed[0].certificate_id)) == (400, "OperationDenied.DefaultCertificateUsed")


def test_http_listener_takes_no_certificates(alb: Client) -> None:
    listener = make_listener(product="ALB", protocol="HTTP")
    request = models.ListListenerCertificatesRequest(listener_id=listener.pk)
    assert refusal(alb.list_listener_certificates, request) == (400, "OperationDenied.HttpListenerNotSupport")


def test_health_of_a_listener_and_its_rules_is_told(alb: Client) -> None:
    listener = make_listener(product="ALB", protocol="HTTP")
    request = models.GetListenerHealthStatusRequest(listener_id=listener.pk, include_rule=True)
    body = alb.get_listener_health_status(request).body
    info = body.listener_health_status[0].server_group_infos[0]
    assert (info.server_group_id, info.health_check_enabled, info.non_normal_servers) == (
        listener.server_group_id,
        "on",
        [],
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"listener_port": 0}, (400, "InvalidParameter.ListenerPort")),
        ({"listener_protocol": "TCP"}, (400, "InvalidParameter.ListenerProtocol")),
        ({"idle_timeout": 4000}, (400, "InvalidParameter")),
        ({"default_actions": None}, (400, "MissingParameter.DefaultActions")),
        ({"load_balancer_id": "alb-none"}, (404, "ResourceNotFound.LoadBalancer")),
        ({"security_policy_id": "sp-none"}, (404, "ResourceNotFound.SecurityPolicy")),
        ({"default_actions": [action("sgp-none")]}, (404, "ResourceNotFound.ServerGroup")),
        (
            {"certificates": [models.CreateListenerRequestCertificates(certificate_id="1-cn-hangzhou")]},
            (404, "ResourceNotFound.Certificate"),
        ),
    ],
)
def test_wrong_listener_is_refused_with_the_documented_code(
    alb: Client, given: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(alb.create_listener, wanted(**given)) == expected
    assert not Listener.objects.exists()


def test_taken_port_is_told_as_an_existing_listener(alb: Client) -> None:
    there = make_listener(product="ALB", protocol="HTTPS")
    request = wanted(load_balancer_id=there.load_balancer_id, listener_port=there.port)
    assert refusal(alb.create_listener, request) == (400, "ResourceAlreadyExist.Listener")
