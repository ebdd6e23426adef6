"""A Classic Load Balancer set up by the cloud's client over the console, and what its clients then get."""

import json
import ssl
from collections.abc import Iterator

import pytest
from alibabacloud_slb20140515.client import Client

from tests.certs import make_ca, make_leaf, rsa_key
from tests.cloudapi.classic import Classic
from tests.dataplane.group_servers import named_server
from tests.e2e.clients import served
from tests.e2e.console import console_running
from tests.e2e.requests import answer, telling_server, told, values
from tests.e2e.site import Site
from tests.waiting import free_port, wait_until

DEADLINE = 60


@pytest.fixture(scope="module")
def clb(site: Site) -> Iterator[Classic]:
    """Return the official client, before a console that runs as it does in production."""
    with console_running(site) as config:
        yield Classic(Client(config))


def test_script_drives_a_load_balancer_from_its_first_certificate_to_its_end(clb: Classic) -> None:
    with telling_server() as servers, named_server() as others:
        first = make_leaf("www.shop.test", key=rsa_key(2048))
        balancer, port = clb.balancer(), free_port()
        certificate = clb.upload(issued=first)
        group = clb.group(balancer, servers)
        flags = {"XForwardedFor_proto": "on", "XForwardedFor_SLBID": "on"}
        clb.listen(balancer, port, encrypted=True, ServerCertificateId=certificate, VServerGroupId=group, **flags)
        with pytest.raises(ConnectionRefusedError):
            served(port)
        _start(clb, balancer, port)
        assert served(port, "www.shop.test") == first.sha256
        headers = told(port)
        assert values(headers, "x-forwarded-proto") == ["https"]
        assert values(headers, "slb-id") == [balancer]
        _replace_certificate(clb, balancer, port)
        _extend_domain(clb, balancer, port)
        _send_elsewhere(clb, balancer, port, others.port)
        _ask_clients(clb, balancer, port)
        _end(clb, balancer, port)


def _start(clb: Classic, balancer: str, port: int) -> None:
    clb("StartLoadBalancerListener", LoadBalancerId=balancer, ListenerPort=port)
    wait_until(lambda: clb.shown(balancer, port, encrypted=True).status == "running", DEADLINE)


def _replace_certificate(clb: Classic, balancer: str, port: int) -> None:
    second = make_leaf("www.shop.test", key=rsa_key(2048))
    _set(clb, balancer, port, ServerCertificateId=clb.upload(issued=second))
    wait_until(lambda: served(port, "www.shop.test") == second.sha256, DEADLINE)


def _extend_domain(clb: Classic, balancer: str, port: int) -> None:
    leaf = make_leaf("api.shop.test", key=rsa_key(2048))
    place = {"LoadBalancerId": balancer, "ListenerPort": port}
    clb("CreateDomainExtension", **place, Domain="api.shop.test", ServerCertificateId=clb.upload(issued=leaf))
    wait_until(lambda: served(port, "api.shop.test") == leaf.sha256, DEADLINE)
    assert served(port, "www.shop.test") != leaf.sha256


def _send_elsewhere(clb: Classic, balancer: str, port: int, others: int) -> None:
    """Have one path answered by other servers."""
    rule = {"RuleName": "images", "Url": "/images", "VServerGroupId": clb.group(balancer, others)}
    place = {"LoadBalancerId": balancer, "ListenerPort": port}
    clb("CreateRules", **place, RuleList=json.dumps([rule]))
    wait_until(lambda: answer(port, path="/images/1").endswith(str(others).encode()), DEADLINE)
    assert told(port)


def _ask_clients(clb: Classic, balancer: str, port: int) -> None:
    root = make_ca("Partners")
    body = clb("UploadCACertificate", CACertificate=root.pem.decode())
    _set(clb, balancer, port, CACertificateId=body.cacertificate_id)
    wait_until(lambda: _is_refused(port), DEADLINE)
    partner = make_leaf("partner.test", issuer=root, client=True)
    assert told(port, client=partner)


def _is_refused(port: int) -> bool:
    """Tell whether a client without a certificate gets no handshake, which TLS 1.2 says at once."""
    try:
        served(port)
    except ssl.SSLError:
        return True
    return False


def _end(clb: Classic, balancer: str, port: int) -> None:
    place = {"LoadBalancerId": balancer, "ListenerPort": port}
    clb("StopLoadBalancerListener", **place)
    wait_until(lambda: clb.shown(balancer, port, encrypted=True).status == "stopped", DEADLINE)
    with pytest.raises(ConnectionRefusedError):
        served(port)
    clb("DeleteLoadBalancerListener", **place)
    clb("DeleteLoadBalancer", LoadBalancerId=balancer)
    assert clb("DescribeLoadBalancers").total_count == 0


def _set(clb: Classic, balancer: str, port: int, **parameters: str) -> None:
    clb("SetLoadBalancerHTTPSListenerAttribute", LoadBalancerId=balancer, ListenerPort=port, **parameters)
