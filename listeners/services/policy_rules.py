"""Which TLS security policy a listener may have: by product, edition, region and limit."""

from django.utils.translation import gettext as _

from console.errors import ConflictError, DomainError, InvalidInputError
from console.ids import is_id
from listeners import limits
from listeners.models import Listener, LoadBalancer, SecurityPolicy
from listeners.products import features_of
from listeners.selectors.policies import policy_of_row
from listeners.tls_policies import EXTENDED_POLICY, TlsPolicy, recommended_policy, system_policies, system_policy_ids

POLICY_LISTENERS = "alb_quota_security_policy_listeners_num"
FIELD = "security_policy"


def check_policy(balancer: LoadBalancer, policy_id: str, *, listener_id: str = "") -> TlsPolicy:
    """Return the policy that a listener of ``balancer`` is to have; refuse it with the rule and the nearest legal one.

    ``listener_id`` is the listener that changes, which is not counted twice. Called where the listener is stored, in
    the same transaction.
    """
    system = system_policies(balancer.product, balancer.edition)
    if policy_id in system:
        return system[policy_id]
    row = SecurityPolicy.objects.filter(pk=policy_id).first() if is_id(policy_id) else None
    if policy_id in system_policy_ids():
        raise _refuse_system(balancer, policy_id)
    if row is None:
        raise _unknown(balancer, policy_id)
    _refuse_custom(balancer, row)
    _refuse_one_listener_too_many(row, listener_id)
    return policy_of_row(row)


def _refuse_system(balancer: LoadBalancer, policy_id: str) -> DomainError:
    rule = (
        _("%(policy)s is for the Extended edition of Application Load Balancers alone, and “%(balancer)s” is not one.")
        if policy_id == EXTENDED_POLICY
        else _("“%(balancer)s” is of the Extended edition, which has no policy but %(extended)s.")
    )
    told = {"policy": policy_id, "balancer": balancer, "extended": EXTENDED_POLICY}
    return InvalidInputError(rule % told, "listener.policy-not-offered", field=FIELD, way_out=_use_instead(balancer))


def _unknown(balancer: LoadBalancer, policy_id: str) -> DomainError:
    return InvalidInputError(
        _("There is no TLS security policy “%(policy)s”.") % {"policy": policy_id[:80]},
        "listener.policy-unknown",
        field=FIELD,
        way_out=_("Choose one of %(policies)s.")
        % {"policies": ", ".join(system_policies(balancer.product, balancer.edition))},
    )


def _refuse_custom(balancer: LoadBalancer, row: SecurityPolicy) -> None:
    told = {"policy": row.name, "balancer": balancer, "region": row.region, "own": balancer.region}
    if not features_of(balancer).custom_policies:
        rule = (
            _("Classic Load Balancers have no custom TLS security policies, so “%(balancer)s” cannot use “%(policy)s”.")
            if balancer.product == "CLB"
            else _(
                "Custom TLS security policies need the Standard or WAF-enabled edition, which “%(balancer)s” has not."
            )
        )
        raise InvalidInputError(rule % told, "listener.policy-not-custom", field=FIELD, way_out=_use_instead(balancer))
    if row.region != balancer.region:
        raise InvalidInputError(
            _("TLS security policy “%(policy)s” is of region %(region)s, and “%(balancer)s” of %(own)s.") % told,
            "listener.policy-region",
            field=FIELD,
            way_out=_("Create the same policy in region %(own)s and use that one.") % told,
        )


def _refuse_one_listener_too_many(row: SecurityPolicy, listener_id: str) -> None:
    there = Listener.objects.filter(security_policy=row.pk).exclude(pk=listener_id).count()
    limit = limits.limit_of(POLICY_LISTENERS)
    if there + 1 > limit:
        told = {"policy": row.name, "there": there, "limit": limit, "name": POLICY_LISTENERS}
        raise ConflictError(
            _("TLS security policy “%(policy)s” is used by %(there)s listeners; %(limit)s are allowed.") % told,
            "quota.exceeded",
            field=FIELD,
            way_out=_(
                "Create another policy with the same versions and cipher suites, or have an administrator raise the "
                "limit on the Quotas page (or by manage.py setquota %(name)s LIMIT)."
            )
            % told,
        )


def _use_instead(balancer: LoadBalancer) -> str:
    return _("Use %(policy)s.") % {"policy": recommended_policy(balancer.product, balancer.edition)}
