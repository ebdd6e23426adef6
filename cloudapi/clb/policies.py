"""Custom TLS security policies, which CLB has only where the console's settings say so."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings

from cloudapi.clb.finding import region_of
from cloudapi.clb.product import PRODUCT
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import flag, integer, text, texts
from console.ids import is_id
from console.tables import keyset_page
from listeners import services
from listeners.models import Listener, SecurityPolicy
from listeners.services.rows import not_found

POLICY_ID = text("TLSCipherPolicyId", required=True)
NAME = text("Name", required=True, low=2, high=200)
CIPHERS = texts("Ciphers", most=32, required=True)
VERSIONS = texts("TLSVersions", most=5, required=True)
LACKS = "switched off, as the product's documents have it, unless LBADMIN_CLB_CUSTOM_POLICIES is 1"
_CODES = {
    "security-policy.not-found": "400 InvalidTLSPolicyId.NotExist",
    "security-policy.in-use": "400 TLSPolicyRelated",
    "security-policy.version-unknown": "400 TLSPolicyNoSupportVersion",
    "security-policy.versions-gap": "400 TLSPolicyNoSupportVersion",
    "security-policy.version-missing": "400 MissingParam.TlsVersions",
    "security-policy.cipher-twice": "400 ParamDuplicateError.Ciphers",
    "security-policy.cipher-unknown": "400 TLSPolicyNoSupportCipher",
    "security-policy.cipher-sm2": "400 TLSPolicyNoSupportCipher",
    "security-policy.cipher-without-version": "400 TLSPolicyNoSupportCipher",
    "security-policy.version-without-cipher": "400 TLSPolicyNoSupportCipher",
    "security-policy.name-taken": "400 InvalidParameter",
    "quota.exceeded": "400 TLSCipherPolicyOverLimit",
}
Run = Callable[[Call], Answer]


def _offered(run: Run) -> Run:
    """Refuse where custom policies are switched off."""

    @wraps(run)
    def checked(call: Call) -> Answer:
        if not settings.CLB_CUSTOM_POLICIES:
            raise call.error("UnsupportedOperation", f"{call.operation.name} is {LACKS}.")
        return run(call)

    return checked


@PRODUCT.write("CreateTLSCipherPolicy", NAME, CIPHERS, VERSIONS, lacks=LACKS, codes=_CODES)
@_offered
def create_policy(call: Call) -> Answer:
    """Create a policy for the HTTPS listeners of a region."""
    _refuse_twice(call)
    row = services.create_security_policy(
        call.actor,
        name=call.given["Name"],
        versions=call.given["TLSVersions"],
        ciphers=call.given["Ciphers"],
        region=region_of(call),
    )
    return {"TLSCipherPolicyId": row.pk}


@PRODUCT.write("SetTLSCipherPolicyAttribute", POLICY_ID, NAME, VERSIONS, CIPHERS, lacks=LACKS, codes=_CODES)
@_offered
def set_policy(call: Call) -> Answer:
    """Change a policy; every listener that uses it follows."""
    _refuse_twice(call)
    row = _policy_of(call)
    updated = services.update_security_policy(
        call.actor,
        row.pk,
        name=call.given["Name"],
        versions=call.given["TLSVersions"],
        ciphers=call.given["Ciphers"],
    )
    if updated.revision == row.revision:
        raise call.error("TLSPolicyUnchanged", f"The policy “{row.name}” has all of this already.")
    return {"TaskId": call.request_id}


@PRODUCT.write("DeleteTLSCipherPolicy", POLICY_ID, lacks=LACKS, codes=_CODES)
@_offered
def delete_policy(call: Call) -> Answer:
    """Delete a policy that no listener uses."""
    services.delete_security_policy(call.actor, _policy_of(call).pk)
    return {}


@PRODUCT.read(
    "ListTLSCipherPolicies",
    text("TLSCipherPolicyId"),
    text("Name"),
    flag("IncludeListener"),
    text("NextToken"),
    integer("MaxItems", 1, 100),
    lacks=LACKS,
    codes={"cursor.invalid": "400 QueryTokenInvalid"},
)
@_offered
def list_policies(call: Call) -> Answer:
    """List the custom policies of a region."""
    rows = SecurityPolicy.objects.filter(region=region_of(call))
    if policy_id := call.given.get("TLSCipherPolicyId"):
        rows = rows.filter(pk=policy_id if is_id(policy_id) else "")
    if name := call.given.get("Name"):
        rows = rows.filter(name=name)
    page = keyset_page(rows, ("name", "pk"), call.given.get("NextToken", ""), call.given.get("MaxItems", 20))
    return {
        "TotalCount": rows.count(),
        "IsTruncated": bool(page.next_cursor),
        "NextToken": page.next_cursor,
        "TLSCipherPolicies": [_shown(row, with_listeners=call.given.get("IncludeListener", False)) for row in page],
    }


def _shown(row: SecurityPolicy, *, with_listeners: bool) -> dict[str, Any]:
    shown = {
        "InstanceId": row.pk,
        "Name": row.name,
        "Status": "normal",
        "CreateTime": int(row.created_at.timestamp() * 1000),
        "TLSVersions": row.versions,
        "Ciphers": row.ciphers,
    }
    if with_listeners:
        users = Listener.objects.filter(security_policy=row.pk, load_balancer__product="CLB").order_by("pk")
        shown["RelateListeners"] = [
            {"LoadBalancerId": user.load_balancer_id, "Port": user.port, "Protocol": user.protocol.lower()}
            for user in users
        ]
    return shown


def _policy_of(call: Call) -> SecurityPolicy:
    wanted = call.given["TLSCipherPolicyId"]
    row = SecurityPolicy.objects.filter(pk=wanted, region=region_of(call)).first() if is_id(wanted) else None
    if row is None:
        raise not_found("security_policy", wanted)
    return row


def _refuse_twice(call: Call) -> None:
    versions = call.given["TLSVersions"]
    if len(set(versions)) < len(versions):
        raise call.error("ParamDuplicateError.TlsVersions", "A TLS version is listed twice.")
