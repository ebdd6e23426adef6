"""TLS security policies of NLB."""

from typing import Any

from cloudapi.lists import TAG, TAG_FILTER, paging
from cloudapi.nlb.listeners import listener_id
from cloudapi.nlb.product import NLB, job
from cloudapi.operations import Answer, Call
from cloudapi.policy_answers import change_policy, create_policy, users_of, wanted_policies
from cloudapi.tagging import tag_list
from cloudapi.wire.fields import text, texts
from listeners import services
from listeners.models import Listener, Product
from listeners.tls_policies import system_policies

POLICY_ID = text("SecurityPolicyId", required=True)
_NAME = text("SecurityPolicyName", low=1, high=200)


@NLB.write(
    "CreateSecurityPolicy",
    texts("TlsVersions", required=True, most=4),
    texts("Ciphers", required=True, most=32),
    _NAME,
    text("ResourceGroupId", kept=True),
    TAG,
    job=job("securitypolicy", "Create", "SecurityPolicyId"),
)
def create(call: Call) -> Answer:
    """Create a custom policy."""
    return {"SecurityPolicyId": create_policy(call, call.given["TlsVersions"])}


@NLB.write(
    "UpdateSecurityPolicyAttribute",
    POLICY_ID,
    texts("TlsVersions", most=4),
    texts("Ciphers", most=32),
    _NAME,
    job=job("securitypolicy", "Update", "SecurityPolicyId"),
)
def update(call: Call) -> Answer:
    """Change a custom policy; every listener that uses it follows."""
    change_policy(call, call.given.get("TlsVersions"))
    return {"SecurityPolicyId": call.given["SecurityPolicyId"]}


@NLB.write("DeleteSecurityPolicy", POLICY_ID)
def delete(call: Call) -> None:
    """Delete a custom policy that no listener uses."""
    services.delete_security_policy(call.actor, call.given["SecurityPolicyId"])


@NLB.read(
    "ListSecurityPolicy",
    texts("SecurityPolicyIds", most=20),
    texts("SecurityPolicyNames", most=20),
    text("ResourceGroupId"),
    TAG_FILTER,
    *paging(),
)
def list_policies(call: Call) -> Answer:
    """List custom policies by name, with the listeners that use them."""
    found, told = wanted_policies(call)
    users = users_of([row.pk for row, _extra, _tags in found], Product.NLB)
    policies = [
        {
            "SecurityPolicyId": row.pk,
            "SecurityPolicyName": row.name,
            "TlsVersion": ",".join(row.versions),
            "Ciphers": ",".join(row.ciphers),
            "RegionId": row.region,
            "Tags": tag_list(tags),
            "RelatedListeners": [_related(listener) for listener in users[row.pk]],
            "ResourceGroupId": extra.get("ResourceGroupId", ""),
            "SecurityPolicyStatus": "Available",
        }
        for row, extra, tags in found
    ]
    return {"SecurityPolicies": policies, **told}


def _related(listener: Listener) -> dict[str, Any]:
    return {
        "ListenerId": listener_id(listener),
        "ListenerPort": listener.port,
        "ListenerProtocol": listener.protocol,
        "LoadBalancerId": listener.load_balancer_id,
    }


@NLB.read("ListSystemSecurityPolicy")
def list_system_policies(call: Call) -> Answer:
    """List the policies that are there without being made."""
    return {
        "SecurityPolicies": [
            {
                "SecurityPolicyId": policy.id,
                "SecurityPolicyName": policy.id,
                "TlsVersion": ",".join(policy.versions),
                "Ciphers": ",".join(policy.ciphers),
            }
            for policy in system_policies(Product.NLB).values()
        ]
    }
