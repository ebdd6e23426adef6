"""Addresses of authorities and CA repositories: their pages, and what is published to everybody."""

from django.urls import path

from authorities.pages import authorities, issuing, published, repositories

urlpatterns = [
    path("authorities/", authorities.authority_list, name="authority-list"),
    path("authorities/create/", authorities.authority_create, name="authority-create"),
    path("authorities/<str:authority_id>/", authorities.authority_detail, name="authority-detail"),
    path("authorities/<str:authority_id>/list/", authorities.authority_lists, name="authority-lists"),
    path("authorities/<str:authority_id>/publish/", authorities.authority_publish, name="authority-publish"),
    path("authorities/<str:authority_id>/settings/", authorities.authority_settings, name="authority-settings"),
    path("authorities/<str:authority_id>/renew/", authorities.authority_renew, name="authority-renew"),
    path("authorities/<str:authority_id>/delete/", authorities.authority_delete, name="authority-delete"),
    path("authorities/<str:authority_id>/issue/", issuing.certificate_issue, name="authority-issue"),
    path("authorities/<str:authority_id>/issue-table/", issuing.certificate_bulk, name="authority-issue-table"),
    path(
        "authorities/<str:authority_id>/certificates/<str:serial>/revoke/",
        issuing.certificate_revoke,
        name="authority-revoke",
    ),
    path("ca-repositories/", repositories.repository_list, name="repository-list"),
    path("ca-repositories/create/", repositories.repository_create, name="repository-create"),
    path("ca-repositories/<str:repository_id>/", repositories.repository_detail, name="repository-detail"),
    path("ca-repositories/<str:repository_id>/edit/", repositories.repository_edit, name="repository-edit"),
    path("ca-repositories/<str:repository_id>/delete/", repositories.repository_delete, name="repository-delete"),
    path("ca-repositories/<str:repository_id>/upload/", repositories.repository_upload, name="repository-upload"),
    path(
        "ca-repositories/<str:repository_id>/certificates/<str:certificate_id>/remove/",
        repositories.repository_remove,
        name="repository-remove",
    ),
    path("pki/<str:authority_id>.cer", published.authority_certificate, name="pki-certificate"),
    path("pki/<str:authority_id>.crl", published.revocation_list, name="pki-list"),
    path("pki/<str:authority_id>.pem", published.revocation_list_pem, name="pki-list-pem"),
    path("pki/<str:authority_id>/ocsp", published.ocsp_post, name="pki-ocsp"),
    path("pki/<str:authority_id>/ocsp/<path:encoded>", published.ocsp_get, name="pki-ocsp-get"),
]
