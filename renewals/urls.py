"""Addresses of renewals and of accounts with ACME servers."""

from django.urls import path

from renewals.pages import accounts, renewals

urlpatterns = [
    path("renewals/", renewals.renewal_list, name="renewal-list"),
    path("renewals/create/", renewals.renewal_create, name="renewal-create"),
    path("renewals/accounts/", accounts.account_list, name="acme-account-list"),
    path("renewals/accounts/create/", accounts.account_create, name="acme-account-create"),
    path("renewals/accounts/<str:account_id>/", accounts.account_detail, name="acme-account-detail"),
    path("renewals/accounts/<str:account_id>/edit/", accounts.account_edit, name="acme-account-edit"),
    path("renewals/accounts/<str:account_id>/delete/", accounts.account_delete, name="acme-account-delete"),
    path("renewals/<str:renewal_id>/", renewals.renewal_detail, name="renewal-detail"),
    path("renewals/<str:renewal_id>/edit/", renewals.renewal_edit, name="renewal-edit"),
    path("renewals/<str:renewal_id>/renew/", renewals.renewal_run, name="renewal-run"),
    path("renewals/<str:renewal_id>/pause/", renewals.renewal_pause, name="renewal-pause"),
    path("renewals/<str:renewal_id>/resume/", renewals.renewal_resume, name="renewal-resume"),
    path("renewals/<str:renewal_id>/delete/", renewals.renewal_delete, name="renewal-delete"),
]
