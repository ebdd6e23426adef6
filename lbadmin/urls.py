"""Every address, by app."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path

from lbadmin.api import api, no_such_address

rest = api.urls
# The API asks for its own credentials and answers 401; a page's redirection to the sign-in form helps no client.
for view in filter(None, (pattern.callback for pattern in rest[0])):
    login_not_required(view)

urlpatterns = [
    path("", include("dashboard.urls")),
    path("", include("access.urls")),
    path("", include("certificates.urls")),
    path("", include("watchlist.urls")),
    path("", include("authorities.urls")),
    path("", include("renewals.urls")),
    path("", include("listeners.urls")),
    path("", include("dataplane.urls")),
    path("", include("alerts.urls")),
    path("", include("cloudapi.urls")),
    path("api/v1/", rest),
    re_path(r"^api/", no_such_address),
]

handler500 = "lbadmin.failures.server_error"
