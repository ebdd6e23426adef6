"""CLB by aliyun-python-sdk-core and aliyun-python-sdk-slb: the first signature, JSON and XML."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkslb.request.v20140515.AddBackendServersRequest import AddBackendServersRequest
from aliyunsdkslb.request.v20140515.CreateLoadBalancerHTTPSListenerRequest import (
    CreateLoadBalancerHTTPSListenerRequest,
)
from aliyunsdkslb.request.v20140515.CreateLoadBalancerRequest import CreateLoadBalancerRequest
from aliyunsdkslb.request.v20140515.DeleteLoadBalancerRequest import DeleteLoadBalancerRequest
from aliyunsdkslb.request.v20140515.DescribeLoadBalancerAttributeRequest import DescribeLoadBalancerAttributeRequest
from aliyunsdkslb.request.v20140515.DescribeServerCertificatesRequest import DescribeServerCertificatesRequest
from aliyunsdkslb.request.v20140515.UploadServerCertificateRequest import UploadServerCertificateRequest

from access.access_keys import NewAccessKey
from listeners.models import Listener, LoadBalancer
from tests.certs import make_leaf, rsa_key

pytestmark = pytest.mark.django_db
NONE: Mapping[str, str] = MappingProxyType({})


class OldClient:
    """Send requests of the old client with parameters by the cloud's names."""

    def __init__(self, endpoint: str, key: NewAccessKey) -> None:
        self._client = AcsClient(key.row.pk, key.secret, "cn-hangzhou")
        self._endpoint = endpoint

    def raw(self, kind: type[Any], form: str, *, headers: Mapping[str, str] = NONE, **parameters: Any) -> bytes:
        """Return the body of an answer; ``headers`` go beside what is signed."""
        request = kind()
        for name, value in headers.items():
            request.add_header(name, value)
        request.set_endpoint(self._endpoint)
        request.set_protocol_type("http")
        request.set_accept_format(form)
        for name, value in parameters.items():
            getattr(request, f"set_{name}")(value)
        # The method without a warning would ask for JSON always.
        _status, _headers, body, refused = self._client._implementation_of_do_action(request)  # noqa: SLF001
        if refused:
            raise refused
        return bytes(body)

    def __call__(self, kind: type[Any], **parameters: Any) -> Any:
        """Return the answer out of JSON."""
        return json.loads(self.raw(kind, "JSON", **parameters))


@pytest.fixture
def old(endpoint: str, access_key: NewAccessKey) -> OldClient:
    return OldClient(endpoint, access_key)


def test_old_script_sets_up_an_https_listener(old: OldClient) -> None:
    leaf = make_leaf("www.shop.test", key=rsa_key(2048))
    balancer = old(CreateLoadBalancerRequest, Address="127.0.0.1", LoadBalancerName="old shop")["LoadBalancerId"]
    certificate = old(
        UploadServerCertificateRequest,
        ServerCertificate=leaf.chain_pem.decode(),
        PrivateKey=leaf.key_pem.decode(),
        ServerCertificateName="www",
        Tags=[{"Key": "team", "Value": "web"}],
    )["ServerCertificateId"]
    servers = json.dumps([{"ServerId": "127.0.0.1", "Weight": "100"}])
    old(AddBackendServersRequest, LoadBalancerId=balancer, BackendServers=servers)
    old(
        CreateLoadBalancerHTTPSListenerRequest,
        LoadBalancerId=balancer,
        ListenerPort=443,
        BackendServerPort=8000,
        Bandwidth=-1,
        StickySession="off",
        HealthCheck="off",
        ServerCertificateId=certificate,
    )
    shown = old(DescribeLoadBalancerAttributeRequest, LoadBalancerId=balancer)
    assert shown["ListenerPorts"] == {"ListenerPort": [443]}
    assert shown["BackendServers"]["BackendServer"][0]["ServerId"] == "127.0.0.1"
    assert Listener.objects.get().default_certificate_id


def test_answers_are_xml_where_that_is_asked_for(old: OldClient) -> None:
    leaf = make_leaf("www.shop.test", "shop.test", key=rsa_key(2048))
    old(
        UploadServerCertificateRequest,
        ServerCertificate=leaf.chain_pem.decode(),
        PrivateKey=leaf.key_pem.decode(),
        ServerCertificateName="a & <b>",
    )
    root = ET.fromstring(old.raw(DescribeServerCertificatesRequest, "XML"))
    assert root.tag == "DescribeServerCertificatesResponse"
    assert root.findtext("RequestId")
    (found,) = root.findall("ServerCertificates/ServerCertificate")
    assert found.findtext("ServerCertificateName") == "a & <b>"
    names = found.findall("SubjectAlternativeNames/SubjectAlternativeName")
    assert [name.text for name in names] == ["www.shop.test", "shop.test"]


def test_refusal_has_code_status_and_request_id(old: OldClient) -> None:
    with pytest.raises(ServerException) as caught:
        old.raw(DeleteLoadBalancerRequest, "JSON", LoadBalancerId="lb-none")
    error = caught.value
    assert (error.get_http_status(), error.get_error_code()) == (404, "InvalidLoadBalancerId.NotFound")
    assert error.get_request_id()
    assert "lb-none" in error.get_error_msg()


def test_refusal_is_xml_where_that_is_asked_for(old: OldClient) -> None:
    with pytest.raises(ServerException) as caught:  # this client parses JSON alone and shows all else as it came
        old.raw(DeleteLoadBalancerRequest, "XML", LoadBalancerId="lb-none")
    root = ET.fromstring(caught.value.get_error_msg().partition("ServerResponseBody: ")[2])
    assert root.tag == "Error"
    assert [child.tag for child in root] == ["RequestId", "HostId", "Code", "Message"]
    assert root.findtext("Code") == "InvalidLoadBalancerId.NotFound"


def test_headers_that_the_first_signature_does_not_cover_decide_nothing(old: OldClient) -> None:
    balancer = old(CreateLoadBalancerRequest, Address="127.0.0.1")["LoadBalancerId"]
    shown = old.raw(
        DescribeLoadBalancerAttributeRequest,
        "JSON",
        LoadBalancerId=balancer,
        headers={"x-acs-action": "DeleteLoadBalancer"},
    )
    assert json.loads(shown)["LoadBalancerId"] == balancer
    assert LoadBalancer.objects.filter(pk=balancer).exists()
