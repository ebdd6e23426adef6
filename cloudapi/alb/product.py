"""The API of Application Load Balancers, and how it spells its errors."""

from cloudapi.codes import Codes
from cloudapi.operations import JobKind, Product

_QUOTAS = {
    "alb_quota_loadbalancers_num": "QuotaExceeded.LoadBalancersNum",
    "alb_quota_loadbalancer_listeners_num": "ResourceQuotaExceeded.LoadBalancerListenersNum",
    "alb_quota_servergroups_num": "QuotaExceeded.ServerGroupsNum",
    "alb_quota_servergroup_servers_num": "ResourceQuotaExceeded.ServerAddedNum",
    "alb_quota_security_policies_num": "QuotaExceeded.SecurityPoliciesNum",
    "alb_quota_security_policy_listeners_num": "ResourceQuotaExceeded.SecurityPolicyAttachedNum",
}
_QUOTAS_OF_EDITIONS = {
    "loadbalancer_certificates_num": "ResourceQuotaExceeded.LoadBalancerCertificatesNum",
    "loadbalancer_servers_num": "ResourceQuotaExceeded.LoadBalancerServersNum",
    "loadbalancer_rules_num": "ResourceQuotaExceeded.LoadBalancerRulesNum",
    "rule_actions_num": "QuotaExceeded.RuleActionsNum",
    "rule_conditions_num": "QuotaExceeded.RuleMatchEvaluationsNum",
    "rule_wildcards_num": "QuotaExceeded.RuleWildcardsNum",
}
CODES = Codes(
    parameters={
        "missing": "400 MissingParameter.{name}",
        "unknown": "400 InvalidParameter.{name}",
        "illegal": "400 InvalidParameter.{name}",
        "size": "400 InvalidParameter.{name}",
    },
    domain={
        **{f"quota.exceeded@{name}": f"400 {code}" for name, code in _QUOTAS.items()},
        **{
            f"quota.exceeded@alb_quota_{size}_{name}": f"400 {code}"
            for size in ("basic", "standard")
            for name, code in _QUOTAS_OF_EDITIONS.items()
        },
        "quota.exceeded": "400 ResourceQuotaExceeded.{about}",
        "certificate.not-found": "404 ResourceNotFound.Certificate",
        "forwarding-rule.not-found": "404 ResourceNotFound.Rule",
        "listener.not-found": "404 ResourceNotFound.Listener",
        "load-balancer.not-found": "404 ResourceNotFound.LoadBalancer",
        "security-policy.not-found": "404 ResourceNotFound.SecurityPolicy",
        "server-group.not-found": "404 ResourceNotFound.ServerGroup",
        "listener.port-taken": "400 ResourceAlreadyExist.Listener",
        "listener.certificate-already-bound": "400 ResourceAlreadyAssociated.Certificate",
        "listener.certificate-not-bound": "400 ResourceNotAssociated.Certificate",
        "listener.certificate-not-additional": "400 OperationDenied.DefaultCertificateUsed",
        "listener.server-group-protocol": "400 OperationDenied.ServerGroupProtocolNotSupport",
        "listener.grpc-without-http2": "400 OperationDenied.GRPCServerGroup",
        "listener.slow-start-not-in-edition": "400 Mismatch.LoadBalancerEditionAndSlowStartEnable",
        "listener.policy-unknown": "404 ResourceNotFound.SecurityPolicy",
        "listener.quic-linked": "400 ResourceAlreadyAssociated.Listener",
        "listener.quic-of-another-load-balancer": "400 OperationDenied.CrossLoadBalancerQUICListener",
        "load-balancer.region-invalid": "404 InvalidRegionId.NotFound",
        "load-balancer.deletion-protected": "400 OperationDenied.DeletionProtectionEnabled",
        "load-balancer.edition-downgrade": "400 OperationDenied.Downgrade",
        "rule.action-needs-forward": "400 OperationDenied.RewriteMissingForwardGroup",
        "rule.mirror-same-group": "400 OperationDenied.SameGroupForForwardAndMirrorAction",
        "rule.final-action-last": "400 IllegalParam.Order",
        "rule.priority-taken": "400 Conflict.Priority",
        "security-policy.in-use": "400 ResourceInUse.SecurityPolicy",
        "server-group.in-use": "400 ResourceInUse.ServerGroup",
        "server-group.server-twice": "400 DuplicatedParam.BackendServer",
        "server-group.address-invalid": "400 IllegalParam.ServerIp",
        "server-group.slow-start-not-in-edition": "400 Mismatch.LoadBalancerEditionAndSlowStartEnable",
        "server-group.slow-start-scheduler": "400 Mismatch.ServerGroupSchedulerAndSlowStartEnable",
    },
    invalid="400 InvalidParameter",
    absent="404 ResourceNotFound.LoadBalancer",
    conflict="400 InvalidParameter",
    forbidden="403 Forbidden.LoadBalancer",
    differing_repeat="400 IdempotentParameterMismatch",
)
ALB = Product("Alb", "2020-06-16", CODES, has_dry_run=True, has_client_token=True)


def job(resource_type: str, operate_type: str, id_field: str) -> JobKind:
    """Return what a write's JobId tells."""
    return JobKind(resource_type, id_field, operate_type)
