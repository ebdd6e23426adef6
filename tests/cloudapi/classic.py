"""The official client of CLB, called by the cloud's own names."""

from typing import Any

import pytest
from alibabacloud_slb20140515 import models
from alibabacloud_slb20140515.client import Client
from darabonba.exceptions import DaraException

from tests.certs import Issued, make_leaf, rsa_key


class Classic:
    """Call an operation: ``clb("DescribeRules", LoadBalancerId=…)`` returns the body as the client parsed it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._methods = {name.replace("_", ""): name for name in dir(client)}

    def __call__(self, action: str, **parameters: Any) -> Any:
        """Return the body of the answer."""
        request = getattr(models, f"{action}Request")().from_map({"RegionId": "cn-hangzhou", **parameters})
        return getattr(self.client, self._methods[action.lower()])(request).body

    def refusal(self, action: str, **parameters: Any) -> str:
        """Return the HTTP status and the code of an answer that says no."""
        with pytest.raises(DaraException) as caught:
            self(action, **parameters)
        error: Any = caught.value
        return f"{error.status_code} {error.code}"

    def balancer(self, **parameters: Any) -> str:
        """Create a load balancer on loopback; return its id."""
        created = self("CreateLoadBalancer", **{"Address": "127.0.0.1", **parameters})
        return str(created.load_balancer_id)

    def upload(self, *names: str, issued: Issued | None = None, **parameters: Any) -> str:
        """Upload a server certificate for ``names``; return its id."""
        leaf = issued or make_leaf(*names, key=rsa_key(2048))
        pem, key = leaf.chain_pem.decode(), leaf.key_pem.decode()
        body = self("UploadServerCertificate", **{"ServerCertificate": pem, "PrivateKey": key, **parameters})
        return str(body.server_certificate_id)

    def group(self, balancer: str, *ports: int, **parameters: Any) -> str:
        """Create a VServerGroup with servers on loopback; return its id."""
        servers = ",".join(f'{{"ServerId": "127.0.0.1", "Port": "{port}", "Weight": 100}}' for port in ports or (8000,))
        body = self("CreateVServerGroup", LoadBalancerId=balancer, **{"BackendServers": f"[{servers}]", **parameters})
        return str(body.vserver_group_id)

    def listen(self, balancer: str, port: int = 80, *, encrypted: bool = False, **parameters: Any) -> None:
        """Create a listener before the default servers on port 8000, or before what is given."""
        usual = {"LoadBalancerId": balancer, "ListenerPort": port, "Bandwidth": -1, "HealthCheck": "off"}
        if "VServerGroupId" not in parameters and "ListenerForward" not in parameters:
            usual["BackendServerPort"] = 8000
        action = "CreateLoadBalancerHTTPSListener" if encrypted else "CreateLoadBalancerHTTPListener"
        self(action, **{**usual, **parameters})

    def shown(self, balancer: str, port: int = 80, *, encrypted: bool = False) -> Any:
        """Return a listener as it is described."""
        protocol = "HTTPS" if encrypted else "HTTP"
        return self(f"DescribeLoadBalancer{protocol}ListenerAttribute", LoadBalancerId=balancer, ListenerPort=port)
