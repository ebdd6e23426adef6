"""Every address, by app."""

from django.urls import include, path

from lbadmin.api import api

urlpatterns = [
    path("", include("dashboard.urls")),
    path("", include("access.urls")),
    path("", include("certificates.urls")),
    path("", include("listeners.urls")),
    path("", include("alerts.urls")),
    path("api/v1/", api.urls),
]
