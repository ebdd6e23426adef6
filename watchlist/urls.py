"""Addresses of the watch list's pages."""

from django.urls import path

from watchlist import pages

urlpatterns = [
    path("watch-list/", pages.watched_list, name="watched-list"),
    path("watch-list/add/", pages.watched_add, name="watched-add"),
    path("watch-list/<str:address_id>/", pages.watched_detail, name="watched-detail"),
    path("watch-list/<str:address_id>/edit/", pages.watched_edit, name="watched-edit"),
    path("watch-list/<str:address_id>/check/", pages.watched_check, name="watched-check"),
    path("watch-list/<str:address_id>/delete/", pages.watched_delete, name="watched-delete"),
]
