"""Addresses of the access pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from access.access_key_pages import access_key_delete, access_key_list, access_key_switch
from access.jobs.pages import job_cancel, job_detail, job_list
from access.pages import password_change, sign_in
from access.token_pages import token_delete, token_list

urlpatterns = [
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("password/", password_change, name="password-change"),
    path("tokens/", token_list, name="token-list"),
    path("tokens/<int:token_id>/delete/", token_delete, name="token-delete"),
    path("jobs/", job_list, name="job-list"),
    path("jobs/<str:job_id>/", job_detail, name="job-detail"),
    path("jobs/<str:job_id>/cancel/", job_cancel, name="job-cancel"),
    path("access-keys/", access_key_list, name="access-key-list"),
    path("access-keys/<str:key_id>/switch/", access_key_switch, name="access-key-switch"),
    path("access-keys/<str:key_id>/delete/", access_key_delete, name="access-key-delete"),
]
