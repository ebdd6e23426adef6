"""Addresses of authorities: their pages, and what they publish."""

from django.urls import path

from authorities.pages import published

urlpatterns = [
    path("pki/<str:authority_id>.cer", published.authority_certificate, name="pki-certificate"),
    path("pki/<str:authority_id>.crl", published.revocation_list, name="pki-list"),
    path("pki/<str:authority_id>.pem", published.revocation_list_pem, name="pki-list-pem"),
    path("pki/<str:authority_id>/ocsp", published.ocsp_post, name="pki-ocsp"),
    path("pki/<str:authority_id>/ocsp/<path:encoded>", published.ocsp_get, name="pki-ocsp-get"),
]
