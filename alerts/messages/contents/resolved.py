"""What was told, and about which nothing is left to do."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from alerts.kinds import CERTIFICATE_KINDS, KINDS
from alerts.messages.contents.content import MOST_IN_MAIL, Content, listed
from alerts.messages.endings import public_url
from alerts.models import Delivery
from certificates.models import Certificate
from events.models import Notice


@dataclass(frozen=True, slots=True)
class Resolution:
    """One subject that is in order again: how it came about, and where its page is."""

    name: str
    kind: str
    noun: str
    how: str
    url: str  # empty for what has no page any more

    @property
    def data(self) -> dict[str, Any]:
        """The subject as events have it."""
        return {"name": self.name, "kind": self.kind, "how": self.how, "url": self.url}


def resolved(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    """Say what is resolved: replaced, deleted or in order again."""
    notices = listed(notice_ids)
    ids = {notice.subject_id for notice in notices if notice.subject_kind in CERTIFICATE_KINDS}
    certificates = Certificate.objects.select_related("current_version").in_bulk(list(ids))
    # Of a certificate and its chain one line is enough.
    resolutions = list(dict.fromkeys(_resolution(notice, certificates) for notice in notices))
    shown = resolutions[:MOST_IN_MAIL]
    left_out = len(notice_ids) - len(notices) + len(resolutions) - len(shown)
    url = public_url("notice-list")
    return Content(
        event="notice.resolved",
        context={"items": shown, "total": len(shown) + left_out, "left_out": left_out, "url": url},
        data={"total": len(shown) + left_out, "url": url, "resolved": [each.data for each in resolutions]},
    )


def _resolution(notice: Notice, certificates: Mapping[str, Certificate]) -> Resolution:
    kind = KINDS[notice.subject_kind]
    if notice.subject_kind not in CERTIFICATE_KINDS:
        return Resolution(notice.subject_name, kind.name, str(kind.noun), _("in order again, or gone"), "")
    certificate = certificates.get(notice.subject_id)
    url = public_url("certificate-detail", certificate.pk) if certificate else ""
    name = certificate.name if certificate else notice.subject_name
    return Resolution(name, "certificate", _("Certificate"), _how(notice, certificate), url)


def _how(notice: Notice, certificate: Certificate | None) -> str:
    version = certificate.current_version if certificate else None
    if version is None:
        return _("deleted")
    if str(version.number) == notice.generation.partition(".")[0]:
        return _("its end is not near any more")
    words = _("replaced by version %(version)d, which ends on %(day)s")
    return words % {"version": version.number, "day": version.not_after.strftime("%Y-%m-%d")}
