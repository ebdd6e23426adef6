"""Addresses of the dashboard pages."""

from django.urls import path
from django.views.i18n import set_language

from console.themes import set_theme
from dashboard.pages.changes import change_list
from dashboard.pages.health import healthz, readyz
from dashboard.pages.nodes import node_forget, node_list
from dashboard.pages.overview import overview
from dashboard.pages.search import search

urlpatterns = [
    path("", overview, name="dashboard"),
    path("search/", search, name="search"),
    path("changes/", change_list, name="change-list"),
    path("nodes/", node_list, name="node-list"),
    path("nodes/<path:node>/forget/", node_forget, name="node-forget"),
    path("preferences/theme/", set_theme, name="set-theme"),
    path("preferences/language/", set_language, name="set_language"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
