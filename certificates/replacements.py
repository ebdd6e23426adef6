"""Keep an upload, sealed, between the page that took it and the page that shows what it would change."""

import datetime as dt
import json

from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.keys import seal, unseal
from certificates.models import Certificate, Replacement
from certificates.parsing.bundles import Bundle
from certificates.parsing.refusals import Refusal
from certificates.parsing.wire import pack_result, unpack_result
from console.errors import NotFoundError
from console.ids import is_id
from events.actor import Actor
from events.feed import recording

KEPT = dt.timedelta(hours=1)


def keep_replacement(actor: Actor, certificate: Certificate, bundle: Bundle, revision: int) -> Replacement:
    """Seal what was read until it is decided; those that nobody decided for an hour go."""
    token = seal(json.dumps(pack_result(bundle)).encode())
    with recording(actor):
        forget_replacements()
        return Replacement.objects.create(
            certificate=certificate, revision=revision, token=token, created_by=actor.name
        )


def open_replacement(actor: Actor, certificate_id: str, replacement_id: str) -> tuple[Replacement, Bundle]:
    """Return what this operator uploaded before; raise NotFoundError when it is gone or somebody else's."""
    kept = Replacement.objects.filter(
        certificate_id=certificate_id, created_by=actor.name, created_at__gt=timezone.now() - KEPT
    )
    found = kept.filter(pk=replacement_id).first() if is_id(replacement_id) else None
    bundle = unpack_result(json.loads(unseal(found.token))) if found else None
    if found is None or bundle is None or isinstance(bundle, Refusal):
        raise NotFoundError(
            _("This upload is no longer kept; nothing was stored."),
            "replacement.not-found",
            way_out=_("Upload the certificate again: it is kept for an hour."),
        )
    return found, bundle


def forget_replacements() -> None:
    """Delete the uploads that nobody decided in time."""
    Replacement.objects.filter(created_at__lte=timezone.now() - KEPT).delete()
