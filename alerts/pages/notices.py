"""The page of notices, and the button that scans now."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from access.actors import actor_of
from alerts.scanning import run_scan
from alerts.selectors.health import health
from alerts.selectors.notices import channels_told, notices
from alerts.services.acknowledgements import acknowledgements_of
from console.tables import keyset_page
from events.models import Notice


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """List the notices, newest first, under how the alerts are."""
    state, subject_id = request.GET.get("state", ""), request.GET.get("subject", "")
    rows = notices(state=state, subject_id=subject_id)
    page = keyset_page(rows, ("-id",), request.GET.get("cursor", ""))
    context = {
        "health": health(),
        "page": page,
        "told": channels_told([notice.pk for notice in page]),
        "answers": acknowledgements_of(page),
        "state": state,
        "subject_id": subject_id,
        "is_filtered": bool(state or subject_id),
        "states": Notice.State.choices,
    }
    return render(request, "alerts/notice_list.html", context)


@require_POST
def scan_now(request: HttpRequest) -> HttpResponse:
    """Scan at once and say what was found."""
    scan = run_scan(actor_of(request))
    if scan.notices_made:
        words = ngettext(
            "The scan found %(count)d certificate that has crossed a threshold.",
            "The scan found %(count)d certificates that have crossed a threshold.",
            scan.notices_made,
        )
        messages.success(request, words % {"count": scan.notices_made})
    else:
        messages.success(request, _("The scan found nothing new."))
    return redirect("notice-list")
