"""TLS security policies of ALB."""

from cloudapi.alb.product import ALB, job
from cloudapi.errors import CloudError
from cloudapi.lists import TAG, TAG_FILTER, paging
from cloudapi.operations import Answer, Call
from cloudapi.policy_answers import change_policy, create_policy, users_of, wanted_policies
from cloudapi.tagging import tag_list
from cloudapi.times import iso_minutes
from cloudapi.wire.fields import text, texts
from listeners import selectors, services
from listeners.models import Product
from listeners.tls_policies import system_policies

POLICY_ID = text("SecurityPolicyId", required=True)
_MOST_CIPHERS = 64


@ALB.write(
    "CreateSecurityPolicy",
    text("SecurityPolicyName", required=True, low=2, high=128),
    texts("TLSVersions", required=True, most=4),
    texts("Ciphers", required=True, most=_MOST_CIPHERS),
    text("ResourceGroupId", kept=True),
    TAG,
    lacks="ECC-SM2-WITH-SM4-SM3 (TLCP) is refused",
)
def create(call: Call) -> Answer:
    """Create a custom policy."""
    return {"SecurityPolicyId": create_policy(call, call.given["TLSVersions"])}


@ALB.write(
    "UpdateSecurityPolicyAttribute",
    POLICY_ID,
    text("SecurityPolicyName", low=2, high=128),
    texts("TLSVersions", most=4),
    texts("Ciphers", most=_MOST_CIPHERS),
    job=job("securitypolicy", "Update", "SecurityPolicyId"),
    lacks="ECC-SM2-WITH-SM4-SM3 (TLCP) is refused",
)
def update(call: Call) -> None:
    """Change a custom policy; every listener that uses it follows."""
    change_policy(call, call.given.get("TLSVersions"))


@ALB.write("DeleteSecurityPolicy", POLICY_ID)
def delete(call: Call) -> None:
    """Delete a custom policy that no listener uses."""
    services.delete_security_policy(call.actor, call.given["SecurityPolicyId"])


@ALB.read(
    "ListSecurityPolicies",
    texts("SecurityPolicyIds", most=20),
    texts("SecurityPolicyNames", most=10),
    text("ResourceGroupId"),
    TAG_FILTER,
    *paging(),
)
def list_policies(call: Call) -> Answer:
    """List custom policies by name."""
    found, told = wanted_policies(call)
    policies = [
        {
            "SecurityPolicyId": row.pk,
            "SecurityPolicyName": row.name,
            "TLSVersions": row.versions,
            "Ciphers": row.ciphers,
            "ResourceGroupId": extra.get("ResourceGroupId", ""),
            "SecurityPolicyStatus": "Available",
            "CreateTime": iso_minutes(row.created_at),
            "Tags": tag_list(tags),
        }
        for row, extra, tags in found
    ]
    return {"SecurityPolicies": policies, **told}


@ALB.read("ListSystemSecurityPolicies")
def list_system_policies(call: Call) -> Answer:
    """List the policies that are there without being made."""
    policies = {**system_policies(Product.ALB, "Standard"), **system_policies(Product.ALB, "Extended")}
    return {
        "SecurityPolicies": [
            {"SecurityPolicyId": policy.id, "TLSVersions": list(policy.versions), "Ciphers": list(policy.ciphers)}
            for policy in policies.values()
        ]
    }


@ALB.read("ListSecurityPolicyRelations", texts("SecurityPolicyIds", required=True, most=5))
def list_relations(call: Call) -> Answer:
    """Tell which listeners use policies, the system's included."""
    wanted = call.given["SecurityPolicyIds"]
    for policy_id in wanted:
        if selectors.policy_named(Product.ALB, policy_id) is None:
            raise CloudError("ResourceNotFound.SecurityPolicy", f"There is no policy {policy_id[:64]}.", 404)
    relations = [
        {
            "SecurityPolicyId": policy_id,
            "RelatedListeners": [
                {
                    "ListenerId": listener.pk,
                    "ListenerPort": listener.port,
                    "ListenerProtocol": listener.protocol,
                    "LoadBalancerId": listener.load_balancer_id,
                }
                for listener in listeners
            ],
        }
        for policy_id, listeners in users_of(wanted, Product.ALB).items()
    ]
    return {"SecrityPolicyRelations": relations}  # spelt so by the cloud
