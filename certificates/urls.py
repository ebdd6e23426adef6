"""Addresses of the certificates pages."""

from django.urls import path

from certificates.pages import details, drops, exporting, imports, lists, replacing, requests, revocation, writes

urlpatterns = [
    path("certificates/", lists.certificate_list, name="certificate-list"),
    path("certificates/export.csv", lists.certificate_csv, name="certificate-csv"),
    path("certificates/label/", lists.certificate_label, name="certificate-label"),
    path("certificates/import/", imports.certificate_import, name="certificate-import"),
    path("certificates/drop/", drops.certificate_drop, name="certificate-drop"),
    path("certificates/drop/<str:drop_id>/", drops.certificate_drop_plan, name="certificate-drop-plan"),
    path("revocation-lists/<int:list_id>/", revocation.revocation_list_detail, name="revocation-list-detail"),
    path("revocation-lists/<int:list_id>/fetch/", revocation.revocation_list_fetch, name="revocation-list-fetch"),
    path("revocation-lists/<int:list_id>/delete/", revocation.revocation_list_delete, name="revocation-list-delete"),
    path("certificates/<str:certificate_id>/", details.certificate_detail, name="certificate-detail"),
    path(
        "certificates/<str:certificate_id>/chain.pem",
        exporting.certificate_download,
        {"form": "pem"},
        "certificate-pem",
    ),
    path(
        "certificates/<str:certificate_id>/certificate.der",
        exporting.certificate_download,
        {"form": "der"},
        "certificate-der",
    ),
    path("certificates/<str:certificate_id>/revocation-lists/", revocation.revocation_lists, name="revocation-lists"),
    path(
        "certificates/<str:certificate_id>/revocation-lists/upload/",
        revocation.revocation_list_upload,
        name="revocation-list-upload",
    ),
    path(
        "certificates/<str:certificate_id>/revocation-lists/address/",
        revocation.revocation_list_address,
        name="revocation-list-address",
    ),
    path("certificates/<str:certificate_id>/export/", exporting.certificate_export, name="certificate-export"),
    path("certificates/<str:certificate_id>/replace/", replacing.certificate_replace, name="certificate-replace"),
    path(
        "certificates/<str:certificate_id>/replace/<str:replacement_id>/",
        replacing.certificate_replace_decide,
        name="certificate-replace-decide",
    ),
    path("certificates/<str:certificate_id>/roll-back/", writes.certificate_roll_back, name="certificate-roll-back"),
    path("certificates/<str:certificate_id>/edit/", writes.certificate_edit, name="certificate-edit"),
    path("certificates/<str:certificate_id>/delete/", writes.certificate_delete, name="certificate-delete"),
    path("certificate-requests/", requests.request_list, name="request-list"),
    path("certificate-requests/create/", requests.request_create, name="request-create"),
    path("certificate-requests/<str:request_id>/", requests.request_detail, name="request-detail"),
    path("certificate-requests/<str:request_id>/request.csr", requests.request_csr, name="request-csr"),
    path("certificate-requests/<str:request_id>/delete/", requests.request_delete, name="request-delete"),
]
