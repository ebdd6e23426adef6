"""Create, change and delete custom TLS security policies."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from console.errors import ConflictError
from events.actor import Actor
from events.feed import recording
from listeners import limits
from listeners.models import Listener, SecurityPolicy
from listeners.policy_checks import check_policy_name, checked_policy
from listeners.rules import check_region
from listeners.services import rows

KIND = "security_policy"
POLICIES_OF_REGION = "alb_quota_security_policies_num"


def create_security_policy(
    actor: Actor, *, name: str, versions: Sequence[str], ciphers: Sequence[str], region: str | None = None
) -> SecurityPolicy:
    """Create a policy for the listeners of a region; empty is this installation's own."""
    name = check_policy_name(name)
    region = check_region(region or settings.REGION)
    policy = checked_policy(versions, ciphers)
    with recording(actor) as changes:
        rows.refuse_duplicate_name(SecurityPolicy.objects.filter(region=region), name, KIND)
        _refuse_one_too_many(region)
        row = SecurityPolicy.objects.create(
            name=name,
            region=region,
            versions=list(policy.versions),
            ciphers=list(policy.ciphers),
            created_by=actor.name,
            updated_by=actor.name,
        )
        changes.record("security_policy.created", row, f"{name} in {region}: {', '.join(policy.versions)}")
    return row


def update_security_policy(
    actor: Actor,
    policy_id: str,
    *,
    expected_revision: int | None = None,
    name: str | None = None,
    versions: Sequence[str] | None = None,
    ciphers: Sequence[str] | None = None,
) -> SecurityPolicy:
    """Change a policy; the nodes give it to every listener that uses it. Its region stays."""
    checked_name = None if name is None else check_policy_name(name)
    with recording(actor) as changes:
        row = rows.take(SecurityPolicy.objects.all(), policy_id, KIND, expected_revision)
        values = _checked(row, checked_name, versions, ciphers)
        if values["name"] != row.name:
            rows.refuse_duplicate_name(SecurityPolicy.objects.filter(region=row.region), values["name"], KIND, row.pk)
        row.updated_by = actor.name
        differing = rows.apply(row, values)
        if differing:
            changes.record("security_policy.updated", row, _told(differing), fields=differing)
    return row


def _checked(
    row: SecurityPolicy, name: str | None, versions: Sequence[str] | None, ciphers: Sequence[str] | None
) -> dict[str, Any]:
    policy = checked_policy(row.versions if versions is None else versions, row.ciphers if ciphers is None else ciphers)
    return {
        "name": row.name if name is None else name,
        "versions": list(policy.versions),
        "ciphers": list(policy.ciphers),
    }


def delete_security_policy(actor: Actor, policy_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a policy that no listener uses."""
    with recording(actor) as changes:
        row = rows.take(SecurityPolicy.objects.all(), policy_id, KIND, expected_revision)
        users = Listener.objects.filter(security_policy=row.pk).select_related("load_balancer")
        shown = list(users.order_by("load_balancer__name", "port")[:10])
        if shown:
            raise ConflictError(
                _("TLS security policy “%(name)s” is used by %(users)s.")
                % {"name": row, "users": ", ".join(f"{user} ({user.load_balancer})" for user in shown)},
                "security-policy.in-use",
                way_out=_("Give these listeners another policy first."),
            )
        changes.record("security_policy.deleted", row, f"{row.name} in {row.region}")
        row.delete()


def _refuse_one_too_many(region: str) -> None:
    limit = limits.limit_of(POLICIES_OF_REGION)
    there = SecurityPolicy.objects.filter(region=region).count()
    limits.refuse_above(
        limit,
        there + 1,
        _("Region %(region)s has %(there)s custom TLS security policies; %(limit)s are allowed.")
        % {"region": region, "there": there, "limit": limit},
        POLICIES_OF_REGION,
    )


def _told(differing: dict[str, list[Any]]) -> str:
    """Return what is different, in one line."""
    parts = []
    if "name" in differing:
        before, after = differing["name"]
        parts.append(f"Name: {before} → {after}")
    for field, label in (("versions", "Versions"), ("ciphers", "Cipher suites")):
        if field in differing:
            before, after = differing[field]
            fresh = [each for each in after if each not in before]
            gone = [each for each in before if each not in after]
            moves = [*(f"+{each}" for each in fresh), *(f"-{each}" for each in gone)]
            parts.append(f"{label}: {' '.join(moves) or 'another order'}")
    return "; ".join(parts)
