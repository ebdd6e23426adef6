"""Read channels."""

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.db.models import Count, Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from alerts.models import Channel
from alerts.selectors.deliveries import WAITING
from console.errors import NotFoundError
from console.ids import is_id


def channel_by_id(channel_id: str) -> Channel:
    """Return a channel; raise NotFoundError when there is none."""
    found = Channel.objects.filter(pk=channel_id).first() if is_id(channel_id) else None
    if found is None:
        message = _("There is no channel “%(id)s”.") % {"id": channel_id[:64]}
        raise NotFoundError(message, "channel.unknown", way_out=_("See the list of channels."))
    return found


def channels() -> "QuerySet[Channel]":
    """Return all channels with the number of their waiting messages as ``waiting``."""
    counted = Channel.objects.annotate(waiting=Count("deliveries", filter=Q(deliveries__state__in=WAITING)))
    return counted.order_by("name")


def mail_directory() -> str:
    """Return the directory that mail is written to, empty when a mail server is configured."""
    backend = import_string(settings.EMAIL_BACKEND)
    return "" if issubclass(backend, SmtpBackend) else str(getattr(settings, "EMAIL_FILE_PATH", "") or "")
