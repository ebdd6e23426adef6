"""Network and Application Load Balancers set up by the cloud's clients, and what clients of theirs then get."""

import base64
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from alibabacloud_alb20200616 import models as alb_models
from alibabacloud_alb20200616.client import Client as AlbClient
from alibabacloud_cas20200407 import models as cas_models
from alibabacloud_cas20200407.client import Client as CasClient
from alibabacloud_nlb20220430 import models as nlb_models
from alibabacloud_nlb20220430.client import Client as NlbClient
from alibabacloud_tea_openapi.models import Config

from certificates.models import Kind
from cloudapi.identifiers import identifier, rows_for
from listeners.models import LoadBalancer
from tests.certs import Issued, make_ca, make_leaf
from tests.cloudapi.asking import refusal
from tests.e2e.clients import connect, round_trip, served
from tests.e2e.conftest import Backend
from tests.e2e.console import console_running
from tests.e2e.requests import answer, telling_server, told, values
from tests.e2e.site import Site
from tests.factories import store_certificate, unique
from tests.waiting import free_port, wait_until

DEADLINE = 60


@pytest.fixture(scope="module")
def config(site: Site) -> Iterator[Config]:
    with console_running(site) as found:
        yield found


@pytest.fixture(scope="module")
def nlb(config: Config) -> NlbClient:
    return NlbClient(config)


@pytest.fixture(scope="module")
def alb(config: Config) -> AlbClient:
    return AlbClient(config)


@pytest.fixture(scope="module")
def cas(config: Config) -> CasClient:
    return CasClient(config)


def upload(cas: CasClient, issued: Issued) -> str:
    """Return what NLB and ALB call a certificate that was just uploaded."""
    request = cas_models.UploadUserCertificateRequest(
        name=unique("uploaded"), cert=issued.chain_pem.decode(), key=issued.key_pem.decode()
    )
    return f"{cas.upload_user_certificate(request).body.cert_id}-cn-hangzhou"


def ask(client: Any, name: str, **given: Any) -> Any:
    """Call an operation by its name, with parameters as they go over the wire."""
    package = nlb_models if isinstance(client, NlbClient) else alb_models
    request = getattr(package, f"{name}Request")().from_map(given)
    method = "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
    return getattr(client, method)(request).body


def authority_named(authority: Issued) -> str:
    """Return what NLB calls a CA certificate."""
    certificate = store_certificate(authority, Kind.CA)
    return identifier(rows_for([certificate.pk])[certificate.pk])


def finished(nlb: NlbClient, job: str) -> None:
    """Wait until every node has taken what a job changed."""
    wait_until(lambda: ask(nlb, "GetJobStatus", JobId=job).status == "Succeeded", DEADLINE)


ZONE = {"VSwitchId": "vsw-1", "ZoneId": "cn-hangzhou-a"}


def test_script_drives_a_network_load_balancer(nlb: NlbClient, cas: CasClient, backend: Backend) -> None:
    port, first = free_port(), make_leaf("www.shop.test")
    balancer = ask(
        nlb,
        "CreateLoadBalancer",
        AddressType="Internet",
        VpcId="vpc-1",
        ZoneMappings=[{**ZONE, "PrivateIPv4Address": "127.0.0.1"}],
    ).loadbalancer_id
    group = ask(nlb, "CreateServerGroup", ServerGroupName="echo", VpcId="vpc-1").server_group_id
    server = {"ServerId": "127.0.0.1", "ServerType": "Ip", "Port": backend.port}
    ask(nlb, "AddServersToServerGroup", ServerGroupId=group, Servers=[server])
    made = ask(
        nlb,
        "CreateListener",
        LoadBalancerId=balancer,
        ListenerProtocol="TCPSSL",
        ListenerPort=port,
        ServerGroupId=group,
        CertificateIds=[upload(cas, first)],
    )
    listener = made.listener_id
    wait_until(lambda: shown(nlb, listener).listener_status == "Running", DEADLINE)
    finished(nlb, made.job_id)
    assert served(port, "www.shop.test") == first.sha256
    assert round_trip(port)
    _replace_default(nlb, cas, listener, port)
    _add_many(nlb, cas, listener, port)
    _choose_versions(nlb, listener, port)
    _ask_clients(nlb, listener, port)
    ask(nlb, "DeleteListener", ListenerId=listener)
    wait_until(lambda: _is_closed(port), DEADLINE)
    ask(nlb, "DeleteLoadBalancer", LoadBalancerId=balancer)
    assert not LoadBalancer.objects.filter(pk=balancer).exists()


def shown(client: Any, listener: str) -> Any:
    return ask(client, "GetListenerAttribute", ListenerId=listener)


def update(client: Any, listener: str, **given: Any) -> None:
    ask(client, "UpdateListenerAttribute", ListenerId=listener, **given)


def _is_closed(port: int) -> bool:
    try:
        served(port)
    except ConnectionRefusedError:
        return True
    return False


def _replace_default(nlb: NlbClient, cas: CasClient, listener: str, port: int) -> None:
    second = make_leaf("www.shop.test")
    update(nlb, listener, CertificateIds=[upload(cas, second)])
    wait_until(lambda: served(port) == second.sha256, DEADLINE)


def _add_many(nlb: NlbClient, cas: CasClient, listener: str, port: int) -> None:
    """Add 15 certificates at once; 16 are too many for one call. Then take one off again."""
    leaves = [make_leaf(f"n{number}.shop.test") for number in range(15)]
    ids = [upload(cas, leaf) for leaf in leaves]
    more = nlb_models.AssociateAdditionalCertificatesWithListenerRequest(
        listener_id=listener, additional_certificate_ids=[*ids, ids[0]]
    )
    expected = (400, "IllegalParamSize.AdditionalCertificateIds")
    assert refusal(nlb.associate_additional_certificates_with_listener, more) == expected
    ask(nlb, "AssociateAdditionalCertificatesWithListener", ListenerId=listener, AdditionalCertificateIds=ids)
    for number in (0, 14):
        wait_until(partial(_serves, port, f"n{number}.shop.test", leaves[number]), DEADLINE)
    ask(
        nlb,
        "DisassociateAdditionalCertificatesWithListener",
        ListenerId=listener,
        AdditionalCertificateIds=ids[:1],
    )
    wait_until(lambda: served(port, "n0.shop.test") != leaves[0].sha256, DEADLINE)


def _serves(port: int, name: str, leaf: Issued) -> bool:
    return served(port, name) == leaf.sha256


def _choose_versions(nlb: NlbClient, listener: str, port: int) -> None:
    def agrees(version: ssl.TLSVersion) -> bool:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname, made.verify_mode, made.maximum_version = False, ssl.CERT_NONE, version
        return _handshakes(port, made)

    update(nlb, listener, SecurityPolicyId="tls_cipher_policy_1_2_strict_with_1_3")
    wait_until(lambda: agrees(ssl.TLSVersion.TLSv1_3), DEADLINE)
    assert agrees(ssl.TLSVersion.TLSv1_2)


def _handshakes(port: int, made: ssl.SSLContext) -> bool:
    try:
        with connect(port, made=made):
            return True
    except ssl.SSLError:
        return False


def _ask_clients(nlb: NlbClient, listener: str, port: int) -> None:
    root = make_ca("Partners")
    update(nlb, listener, CaEnabled=True, CaCertificateIds=[authority_named(root)])
    wait_until(lambda: not _lets_in(port), DEADLINE)
    assert round_trip(port, client=make_leaf("partner.test", issuer=root, client=True))
    update(nlb, listener, CaEnabled=False)
    wait_until(lambda: _lets_in(port), DEADLINE)


def _lets_in(port: int) -> bool:
    try:
        return round_trip(port)
    except (ssl.SSLError, ConnectionError):
        return False


def test_script_drives_an_application_load_balancer(alb: AlbClient, cas: CasClient) -> None:
    port, leaf = free_port(), make_leaf("www.shop.test")
    balancer = ask(
        alb,
        "CreateLoadBalancer",
        LoadBalancerEdition="Standard",
        AddressType="Internet",
        VpcId="vpc-1",
        ZoneMappings=[{**ZONE, "IntranetAddress": "127.0.0.1"}],
        LoadBalancerBillingConfig={"PayType": "PostPay"},
    ).load_balancer_id
    with telling_server() as backend:
        group = ask(
            alb, "CreateServerGroup", ServerGroupName="web", HealthCheckConfig={"HealthCheckEnabled": False}
        ).server_group_id
        server = {"ServerId": "127.0.0.1", "ServerType": "Ip", "Port": backend}
        ask(alb, "AddServersToServerGroup", ServerGroupId=group, Servers=[server])
        forward = {"ServerGroupTuples": [{"ServerGroupId": group}]}
        listener = ask(
            alb,
            "CreateListener",
            LoadBalancerId=balancer,
            ListenerProtocol="HTTPS",
            ListenerPort=port,
            Certificates=[{"CertificateId": upload(cas, leaf)}],
            DefaultActions=[{"Type": "ForwardGroup", "ForwardGroupConfig": forward}],
            XForwardedForConfig={"XForwardedForProtoEnabled": True},
        ).listener_id
        wait_until(lambda: shown(alb, listener).listener_status == "Running", DEADLINE)
        assert served(port) == leaf.sha256
        assert values(told(port), "x-forwarded-proto") == ["https"]
        _forward_by_rule(alb, listener, port)
    ask(alb, "StopListener", ListenerId=listener)
    wait_until(lambda: _is_closed(port), DEADLINE)
    ask(alb, "DeleteLoadBalancer", LoadBalancerId=balancer)
    assert not LoadBalancer.objects.filter(pk=balancer).exists()


def _forward_by_rule(alb: AlbClient, listener: str, port: int) -> None:
    rule = ask(
        alb,
        "CreateRule",
        ListenerId=listener,
        RuleName="gone",
        Priority=1,
        RuleConditions=[{"Type": "Path", "PathConfig": {"Values": ["/gone/*"]}}],
        RuleActions=[
            {"Type": "FixedResponse", "Order": 1, "FixedResponseConfig": {"HttpCode": "410", "Content": "gone"}}
        ],
    ).rule_id
    wait_until(lambda: answer(port, path="/gone/1").startswith(b"HTTP/1.1 410"), DEADLINE)
    ask(alb, "DeleteRule", RuleId=rule)
    wait_until(lambda: answer(port, path="/gone/1").startswith(b"HTTP/1.1 200"), DEADLINE)


def test_long_requests_are_taken_and_no_log_repeats_them(config: Config, site: Site) -> None:
    secret = base64.b64encode(b"a private key of somebody" * 10).decode()

    shown: list[str] = []

    def status(length: int, method: str = "GET") -> int:
        query = urlencode({"Action": "ListListeners", "Key": secret, "Padding": "x" * length})
        request = urllib.request.Request(f"http://{config.endpoint}/?{query}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            shown.append(error.read().decode())
            return error.code

    assert status(60_000) == 400  # read, and found without a signature
    assert status(70_000) == 414
    assert status(10, "BREW") in {302, 400, 403, 405}
    assert _malformed(config.endpoint, secret).startswith(b"HTTP/1.1 400")
    assert not any(secret in page for page in shown)
    log = (site.data_dir / "console.log").read_text()
    assert "Listening at" in log
    assert secret[:40] not in log
    assert "Padding" not in log


def _malformed(endpoint: str, secret: str) -> bytes:
    """Send a line that is no request; return the answer."""
    host, _colon, port = endpoint.partition(":")
    with socket.create_connection((host, int(port)), DEADLINE) as connection:
        connection.sendall(f"GET /?Key={secret}\r\nHost: {endpoint}\r\n\r\n".encode())
        answer = b""
        while data := connection.recv(65536):
            answer += data
    assert secret.encode() not in answer
    return answer
