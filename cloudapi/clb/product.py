"""The product, and how it spells its errors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cloudapi.codes import Codes
from cloudapi.errors import CloudError
from cloudapi.operations import Product
from cloudapi.wire.encoding import XML
from cloudapi.wire.reading import ParameterError

# Parameters whose faults have a code of their own: a pattern of fault and name, and the code.
_OWN_PARAMETERS: tuple[tuple[str, str], ...] = (
    (r"missing Tag\.\d+\.Key", "MissingParam.TagKey"),
    (r"illegal Tag\.\d+\.Key", "InvalidParam.TagKey"),
    (r"illegal Tag\.\d+\.Value", "InvalidParam.TagValue"),
    (r"size Tag(\..*)?", "SizeLimitExceeded.Tag"),
    (r"illegal (IdleTimeout|RequestTimeout|Bandwidth)", r"InvalidParameter.\1"),
    (r"illegal (ListenerProtocol|MaxResults)", r"IllegalParam.\1"),
    (r"size LoadBalancerId(\..*)?", "IllegalParamSize.LoadBalancerId"),
    (r"(missing|size) TLSVersions(\..*)?", "MissingParam.TlsVersions"),
    (r"(missing|size) Ciphers(\..*)?", "MissingParam.Ciphers"),
    (r"missing (Name|TLSCipherPolicyId)", r"MissingParam.\1"),
    (r"missing RuleList\.\d+\.RuleName", "MissingParameter.RuleName"),
    (r"illegal (ModificationProtectionStatus|ModificationProtectionReason)", r"InvalidParam.\1"),
    (r"(size|illegal) RuleList", "RuleListMalformed"),
    (r"size (Backend|OldBackend|NewBackend)Servers", "TooManyBackendServers"),
    (r"illegal LoadBalancerSpec", "IllegalParam.SpecType"),
    (r"illegal InstanceChargeType", "IllegalParam.InstanceChargeType"),
)


@dataclass(frozen=True)
class ClassicCodes(Codes):
    """The codes of CLB, which names some parameters in the code itself."""

    def of_parameter(self, error: ParameterError) -> CloudError:
        """Return the product's error for a parameter that cannot be read."""
        text = f"{error.fault} {error.name}"
        for pattern, code in _OWN_PARAMETERS:
            if found := re.fullmatch(pattern, text):
                return CloudError(found.expand(code), error.message)
        return super().of_parameter(error)


_DOMAIN: Mapping[str, str] = MappingProxyType(
    {
        "certificate.not-found": "400 CertificateNotExist",
        "regional-certificate.not-found": "400 CertificateNotExist",
        "listener.certificate-key-not-of-product": "400 OperationDenied.IllegalKeyLength",
        "listener.certificate-algorithm-not-of-product": "400 EccCertificateNotSupport",
        "listener.certificate-missing": "400 MissingParam.ServerCertificates",
        "listener.certificate-kind": "400 CertificateTypeMismatched",
        "listener.certificate-refused": "400 ServerCertificate.NotSupport",
        "listener.not-found": "404 ListenerNotFound",
        "listener.port-taken": "400 InvalidParameter.ListenerPortConflict",
        "listener.idle-timeout-invalid": "400 InvalidParameter.IdleTimeout",
        "listener.request-timeout-invalid": "400 InvalidParameter.RequestTimeout",
        "listener.policy-unknown": "400 InvalidTLSPolicyId.NotExist",
        "listener.policy-region": "400 InvalidTLSPolicyId.NotExist",
        "listener.policy-not-custom": "400 SPEC_NOT_SUPPORT_PARAMETER",
        "listener.server-group-protocol": "400 InvalidParameter.VServerGroupId",
        "listener.backends-missing": "400 MissingParameter",
        "listener.domain-invalid": "400 InvalidParameter.Domain",
        "listener.domain-not-on-certificate": "400 InvalidParameter.ServerCertificateId",
        "listener.domain-taken": "400 InvalidParameter.Domain",
        "listener.domain-extension-not-found": "400 InvalidParameter.DomainExtensionId",
        "load-balancer.not-found": "404 InvalidLoadBalancerId.NotFound",
        "load-balancer.deletion-protected": "400 OperationDenied.DeleteProtectionIsOn",
        "load-balancer.in-use": "400 Operation.NotAllowed",
        "server-group.not-found": "404 InvalidParameter",
        "server-group.in-use": "400 RspoolVipExist",
        "server-group.of-another-load-balancer": "400 InvalidParameter.VServerGroupId",
        "server-group.servers-of-load-balancer": "400 OperationFailed.ActionNotSupport",
        "forwarding-rule.not-found": "404 InvalidRuleId.NotFound",
        "rule.duplicate": "400 DomainExist",
        "rule.name-taken": "400 InvalidParameter",
        "rule.no-requests": "400 RuleNotSupport",
        "rule.domain-invalid": "400 DomainMalformed",
        "rule.url-invalid": "400 UrlMalformed",
        "tag.key-invalid": "400 InvalidParam.TagKey",
        "tag.value-invalid": "400 InvalidParam.TagValue",
        "tag.too-many": "400 SizeLimitExceeded.Tag",
        "quota.exceeded": "400 OverQuota",
    }
)
_CODES = ClassicCodes(
    parameters={
        "missing": "400 MissingParameter",
        "unknown": "400 InvalidParameter",
        "illegal": "400 InvalidParameter",
        "size": "400 InvalidParameter",
    },
    domain=_DOMAIN,
    absent="404 ResourceNotFound",
    conflict="400 Operation.NotAllowed",
)
PRODUCT = Product("Slb", "2014-05-15", _CODES, default_form=XML, has_dry_run=True, has_client_token=True)
