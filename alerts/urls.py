"""Addresses of the alerts pages."""

from django.urls import path

from alerts.pages import channels, deliveries, notices

urlpatterns = [
    path("alerts/", notices.notice_list, name="notice-list"),
    path("alerts/scan/", notices.scan_now, name="scan-now"),
    path("alerts/channels/", channels.channel_list, name="channel-list"),
    path("alerts/channels/create/<str:kind>/", channels.channel_create, name="channel-create"),
    path("alerts/channels/<str:channel_id>/", channels.channel_detail, name="channel-detail"),
    path("alerts/channels/<str:channel_id>/edit/", channels.channel_edit, name="channel-edit"),
    path("alerts/channels/<str:channel_id>/switch/", channels.channel_switch, name="channel-switch"),
    path("alerts/channels/<str:channel_id>/test/", channels.channel_test, name="channel-test"),
    path("alerts/channels/<str:channel_id>/secret/", channels.channel_rotate_secret, name="channel-rotate-secret"),
    path("alerts/channels/<str:channel_id>/delete/", channels.channel_delete, name="channel-delete"),
    path("alerts/deliveries/", deliveries.delivery_list, name="delivery-list"),
    path("alerts/deliveries/<uuid:key>/", deliveries.delivery_detail, name="delivery-detail"),
    path("alerts/deliveries/<uuid:key>/resend/", deliveries.delivery_resend, name="delivery-resend"),
]
