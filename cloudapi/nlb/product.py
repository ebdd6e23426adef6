"""The API of Network Load Balancers, and how it spells its errors."""

from cloudapi.codes import Codes
from cloudapi.operations import JobKind, Product

CODES = Codes(
    parameters={
        "missing": "400 MissingParam.{name}",
        "unknown": "400 IllegalParam.{name}",
        "illegal": "400 IllegalParam.{name}",
        "size": "400 IllegalParamSize.{name}",
    },
    domain={
        "certificate.not-found": "400 ResourceNotFound.Certificate",
        "certificate.not-found@ca_certificate_id": "404 ResourceNotFound.CaCertificate",
        "listener.not-found": "404 ResourceNotFound.listener",
        "load-balancer.not-found": "404 ResourceNotFound.loadBalancer",
        "security-policy.not-found": "404 ResourceNotFound.securitypolicy",
        "server-group.not-found": "404 ResourceNotFound.serverGroup",
        "listener.port-taken": "400 Conflict.Port",
        "listener.port-invalid": "400 IllegalParam.Port",
        "listener.name-invalid": "400 IllegalParam.ListenerDescription",
        "listener.certificate-missing": "400 MissingParam.Certificate",
        "listener.certificates-missing": "400 MissingParam.Certificate",
        "listener.ca-certificate-missing": "400 ResourceNotEnough.CaCertificateApiCount",
        "listener.mutual-authentication-off": "400 IllegalParam.CaEnabled",
        "listener.ca-certificate-unused": "400 IllegalParam.CaEnabled",
        "listener.certificate-already-bound": "400 ResourceAlreadyAssociated.Certificate",
        "listener.certificate-not-bound": "400 ResourceNotAssociated.Certificate",
        "listener.certificate-not-additional@default": "400 OperationDenied.DefaultCertificateUsed",
        "listener.certificate-not-additional@ca": "400 OperationDenied.CaCertificateUsed",
        "listener.too-many-per-operation": "400 IllegalParamSize.AdditionalCertificateIds",
        "listener.server-group-missing": "400 MissingParam.ServerGroupId",
        "listener.server-group-protocol": "400 Mismatch.Protocol",
        "listener.policy-unknown": "404 ResourceNotFound.securitypolicy",
        "load-balancer.deletion-protected": "400 OperationDenied.DeletionProtectionEnabled",
        "load-balancer.name-invalid": "400 IllegalParam.loadBalancerName",
        "load-balancer.name-taken": "400 IllegalParam.loadBalancerName",
        "server-group.name-invalid": "400 IllegalParam.ServerGroupName",
        "server-group.name-taken": "400 IllegalParam.ServerGroupName",
        "server-group.in-use": "400 ResourceInUse.ServerGroup",
        "server-group.drain-invalid": "400 IllegalParam.ConnectionDrainTimeout",
        "server-group.server-twice": "400 DuplicatedParam.Server",
        "server-group.address-invalid": "400 IllegalParam.IP",
        "security-policy.in-use": "400 ResourceInUse.SecurityPolicy",
        "quota.exceeded": "400 QuotaExceeded.{about}",
    },
    names={
        "alpn_policy": "AlpnPolicy",
        "bind_address": "ZoneMappings",
        "ca_certificate_id": "CaCertificateIds",
        "certificate_id": "CertificateIds",
        "certificate_ids": "AdditionalCertificateIds",
        "ciphers": "Ciphers",
        "connection_drain_seconds": "ConnectionDrainTimeout",
        "connections_per_second": "Cps",
        "cursor": "NextToken",
        "deletion_protection_reason": "deletionProtectionReason",
        "health_check_host": "healthCheckDomain",
        "health_check_path": "healthCheckUrl",
        "idle_timeout_seconds": "IdleTimeout",
        "load_balancer_id": "LoadBalancerId",
        "modification_protection_reason": "modificationProtectionReason",
        "mutual_authentication": "CaEnabled",
        "protocol": "ListenerProtocol",
        "proxy_protocol_enabled": "ProxyProtocolEnabled",
        "scheduler": "Scheduler",
        "security_policy": "SecurityPolicyId",
        "server_group_id": "ServerGroupId",
        "servers": "Servers",
        "tags": "Tag",
        "versions": "TlsVersions",
    },
    invalid="400 IllegalParam.{field}",
    absent="404 ResourceNotFound.loadBalancer",
    conflict="400 IllegalParam.{field}",
    forbidden="403 Forbidden.NoPermission",
)
NLB = Product("Nlb", "2022-04-30", CODES, has_dry_run=True, has_client_token=True)


def job(resource_type: str, operate_type: str, id_field: str) -> JobKind:
    """Return what a write's JobId tells."""
    return JobKind(resource_type, id_field, operate_type)
