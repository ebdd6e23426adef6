"""Which TLS security policy a listener may have: by product, edition, region and limit."""

from django.utils.translation import gettext as _

from console.errors import ConflictError, DomainError, InvalidInputError
from console.ids import is_id
from listeners import limits
from listeners.models import Listener, LoadBalancer, SecurityPolicy
from listeners.products import features_of
from listeners.tls_policies import EXTENDED_POLICY, recommended_policy, system_policies, system_policy_ids

POLICY_LISTENERS = "alb_quota_security_policy_listeners_num"
FIELD = "security_policy"


def check_policy(balancer: LoadBalancer, policy_id: str) -> str:
    """Return the id of the policy that a listener of ``balancer`` is to have.

    Refuses what it cannot have with the rule and the nearest legal choice. Called in the transaction that stores it.
    """
    system = system_policies(balancer.product, balancer.edition)
    if policy_id in system:
        return policy_id
    row = SecurityPolicy.objects.filter(pk=policy_id).first() if is_id(policy_id) else None
    if policy_id in system_policy_ids():
        raise _refuse_system(balancer, policy_id)
    if row is None:
        raise _unknown(balancer, policy_id)
    _refuse_custom(balancer, row)
    return policy_id


def refuse_overused_policy(policy_id: str) -> None:
    """Refuse that a listener more was just stored with a custom policy than may use it; the transaction undoes it."""
    row = SecurityPolicy.objects.filter(pk=policy_id).first() if is_id(policy_id) else None
    if row is None:
        return
    there = Listener.objects.filter(security_policy=row.pk).count()
    limit = limits.limit_of(POLICY_LISTENERS)
    if there > limit:
        told = {"policy": row.name, "limit": limit, "name": POLICY_LISTENERS}
        raise ConflictError(
            _("TLS security policy “%(policy)s” is used by %(limit)s listeners already, as many as are allowed.")
            % told,
            "quota.exceeded",
            field=FIELD,
            about=POLICY_LISTENERS,
            way_out=_(
                "Create another policy with the same versions and cipher suites, or have an administrator raise the "
                "limit on the Quotas page (or by manage.py setquota %(name)s LIMIT)."
            )
            % told,
        )


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


def _use_instead(balancer: LoadBalancer) -> str:
    return _("Use %(policy)s.") % {"policy": recommended_policy(balancer.product, balancer.edition)}
