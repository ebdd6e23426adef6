"""Deleting certificates that nothing uses."""

from django.utils.translation import gettext as _

from certificates.models import Certificate
from certificates.services.rows import record, unchanged
from certificates.usage import Usages, end_followers, usages_of
from console.errors import ConflictError
from events.actor import Actor
from events.feed import recording

USERS_NAMED = 5


def delete_certificate(actor: Actor, certificate_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a certificate with all versions and keys, and what goes with it (``certificates.usage.followers_of``).

    Raises ConflictError naming whoever uses it.
    """
    with recording(actor) as changes:
        certificate = unchanged(certificate_id, expected_revision)
        if users := usages_of([certificate.id])[certificate.id]:
            raise _in_use(certificate, users)
        end_followers(actor, certificate.id)
        record(changes, "deleted", certificate, f"Deleted certificate “{certificate.name}”")
        Certificate.objects.filter(pk=certificate.pk).update(current_version=None)
        certificate.delete()


def _in_use(certificate: Certificate, users: Usages) -> ConflictError:
    named = ", ".join(f"{user.label} ({user.role})" for user in users[:USERS_NAMED])
    more = users.total - USERS_NAMED
    return ConflictError(
        _("“%(name)s” is in use by %(users)s.")
        % {"name": certificate.name, "users": f"{named} +{more}" if more > 0 else named},
        "certificate.in-use",
        way_out=_("Select another certificate there first, or replace this one."),
    )
