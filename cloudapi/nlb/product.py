"""The API of Network Load Balancers, and how it spells its errors."""

from cloudapi.codes import Codes
from cloudapi.operations import Product

CODES = Codes(
    parameters={
        "missing": "400 MissingParam.{name}",
        "unknown": "400 IllegalParam.{name}",
        "illegal": "400 IllegalParam.{name}",
        "size": "400 IllegalParamSize.{name}",
    },
    domain={
        "certificate.not-found": "400 ResourceNotFound.Certificate",
        "listener.not-found": "404 ResourceNotFound.listener",
        "load-balancer.not-found": "404 ResourceNotFound.loadBalancer",
        "security-policy.not-found": "404 ResourceNotFound.securitypolicy",
        "server-group.not-found": "404 ResourceNotFound.serverGroup",
        "listener.port-taken": "400 Conflict.Port",
        "quota.exceeded": "400 QuotaExceeded.QuotaInsufficient",
    },
    invalid="400 IllegalParam",
    absent="404 ResourceNotFound.loadBalancer",
    conflict="400 Conflict.Lock",
    forbidden="403 Forbidden.NoPermission",
)
NLB = Product("Nlb", "2022-04-30", CODES, has_dry_run=True, has_client_token=True)
