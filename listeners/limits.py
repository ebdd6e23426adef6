"""Limits: rows of one table, under the names that the cloud gives them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _

from console.errors import ConflictError, ForbiddenError, NotFoundError
from events.actor import Actor
from events.feed import Recorder, recording
from listeners.models import LoadBalancer, Quota
from listeners.products import Limited, features_of
from listeners.rules import check_number

LOAD_BALANCERS = "nlb_quota_loadbalancers_num"
LISTENERS = "nlb_quota_loadbalancer_listeners_num"
CERTIFICATES = "nlb_quota_loadbalancer_certificates_num"
LOAD_BALANCER_SERVERS = "nlb_quota_loadbalancer_noeci_servers_num"
SERVER_GROUPS = "nlb_quota_servergroups_num"
SERVERS = "nlb_quota_servergroup_noeci_servers_num"
SERVER_ADDED = "nlb_quota_server_added_num"
# The cloud states these two as limits of a call and gives them no quota name.
CERTIFICATES_PER_OPERATION = "nlb_call_additional_certificates_num"
SERVERS_PER_OPERATION = "nlb_call_servers_num"

REGIONAL_CERTIFICATES = "slb_quota_certs_num"
REGIONAL_CA_CERTIFICATES = "slb_quota_ca_certs_num"

HIGHEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit under its name."""

    name: str
    value: int

    def refuse_above(self, wanted: int, message: str, field: str = "") -> None:
        """Raise ConflictError when ``wanted`` is above the limit; ``message`` says both numbers."""
        refuse_above(self.value, wanted, message, self.name, field)


def limit_for(balancer: LoadBalancer, limited: Limited) -> Limit:
    """Return a limit of the product and edition of ``balancer``."""
    name = features_of(balancer).quotas[limited]
    return Limit(name, limit_of(name))


def quotas() -> list[Quota]:
    """Return every limit, by name."""
    return list(Quota.objects.order_by("name"))


def limit_of(name: str) -> int:
    """Return one limit."""
    return limits_of((name,))[name]


def limits_of(names: Iterable[str]) -> dict[str, int]:
    """Return several limits by one query."""
    wanted = tuple(names)
    found = dict(Quota.objects.filter(name__in=wanted).values_list("name", "limit"))
    for name in wanted:
        if name not in found:
            raise _unknown(name)
    return found


def certificate_room(used: int, balancer: LoadBalancer) -> dict[str, int]:
    """Return the limit of additional certificates, and how many one operation may add to ``used`` of them.

    A Classic Load Balancer counts those of each listener, the others all of the load balancer's.
    """
    names = features_of(balancer).quotas
    allowed = limits_of((names["certificates"], names["certificates_per_operation"]))
    limit, at_once = (allowed[names[limited]] for limited in ("certificates", "certificates_per_operation"))
    return {"used": used, "limit": limit, "room": max(0, min(limit - used, at_once)), "per_operation": at_once}


def refuse_above(limit: int, wanted: int, message: str, name: str, field: str = "") -> None:
    """Raise ConflictError when ``wanted`` is above ``limit``; ``message`` says both numbers."""
    if wanted > limit:
        raise ConflictError(
            message,
            "quota.exceeded",
            field=field,
            about=name,
            way_out=_(
                "Remove some first, or have an administrator raise the limit on the Quotas page"
                " (or by manage.py setquota %(name)s LIMIT)."
            )
            % {"name": name},
        )


def refuse_non_administrator(user: User | AnonymousUser) -> None:
    """Raise ForbiddenError unless ``user`` may change limits."""
    if not user.is_superuser:
        raise ForbiddenError(
            _("Only an administrator can change a quota."),
            "quota.forbidden",
            way_out=_("Ask an administrator to do it on the Quotas page, or use manage.py setquota on the machine."),
        )


def set_quota(actor: Actor, name: str, limit: int) -> Quota:
    """Change a limit. What exists already stays, even above a lowered limit. Raises NotFoundError."""
    set_quotas(actor, {name: limit})
    return Quota.objects.get(pk=name)


def set_quotas(actor: Actor, wanted: Mapping[str, int]) -> int:
    """Change several limits, all or none; return how many are other than before. Raises NotFoundError."""
    for limit in wanted.values():
        check_number(limit, range(HIGHEST + 1), "limit", _("The limit"), "quota.limit-invalid")
    with recording(actor) as changes:
        stored = Quota.objects.in_bulk([name.replace("\0", "") for name in wanted])
        for name, limit in wanted.items():
            if name not in stored:
                raise _unknown(name)
            _change(changes, stored[name], limit)
    return len(changes.rows)


def _change(changes: Recorder, quota: Quota, limit: int) -> None:
    before, quota.limit = quota.limit, limit
    if before != limit:
        quota.save(update_fields=["limit"])
        changes.record("quota.updated", quota, f"limit: {before} → {limit}", before=before, after=limit)


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(
        _("There is no quota “%(name)s”.") % {"name": name[:64]},
        "quota.not-found",
        field="name",
        way_out=_("Choose one of %(names)s.")
        % {"names": ", ".join(Quota.objects.order_by("name").values_list("name", flat=True))},
    )
