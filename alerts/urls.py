"""Addresses of the alerts pages."""

from django.urls import path

from alerts.pages import answers, channels, contacts, deliveries, groups, notices, outgoing

urlpatterns = [
    path("alerts/", notices.notice_list, name="notice-list"),
    path("alerts/notices/<int:notice_id>/acknowledge/", answers.notice_acknowledge, name="notice-acknowledge"),
    path("alerts/notices/<int:notice_id>/take-back/", answers.notice_take_back, name="notice-take-back"),
    path("alerts/answer/<str:token>/", answers.notice_answer, name="notice-answer"),
    path("alerts/contacts/", contacts.contact_list, name="contact-list"),
    path("alerts/contacts/create/", contacts.contact_create, name="contact-create"),
    path("alerts/contacts/<str:contact_id>/", contacts.contact_detail, name="contact-detail"),
    path("alerts/contacts/<str:contact_id>/edit/", contacts.contact_edit, name="contact-edit"),
    path("alerts/contacts/<str:contact_id>/delete/", contacts.contact_delete, name="contact-delete"),
    path("alerts/groups/", groups.group_list, name="contact-group-list"),
    path("alerts/groups/create/", groups.group_create, name="contact-group-create"),
    path("alerts/groups/<str:group_id>/", groups.group_detail, name="contact-group-detail"),
    path("alerts/groups/<str:group_id>/edit/", groups.group_edit, name="contact-group-edit"),
    path("alerts/groups/<str:group_id>/delete/", groups.group_delete, name="contact-group-delete"),
    path("alerts/scan/", notices.scan_now, name="scan-now"),
    path("alerts/channels/", channels.channel_list, name="channel-list"),
    path("alerts/channels/create/<str:kind>/", channels.channel_create, name="channel-create"),
    path("alerts/channels/<str:channel_id>/", channels.channel_detail, name="channel-detail"),
    path("alerts/channels/<str:channel_id>/edit/", channels.channel_edit, name="channel-edit"),
    path("alerts/channels/<str:channel_id>/switch/", channels.channel_switch, name="channel-switch"),
    path("alerts/channels/<str:channel_id>/test/", channels.channel_test, name="channel-test"),
    path("alerts/channels/<str:channel_id>/secret/", channels.channel_rotate_secret, name="channel-rotate-secret"),
    path("alerts/channels/<str:channel_id>/delete/", channels.channel_delete, name="channel-delete"),
    path("alerts/ranges/", outgoing.range_list, name="range-list"),
    path("alerts/ranges/create/", outgoing.range_create, name="range-create"),
    path("alerts/ranges/<int:range_id>/delete/", outgoing.range_delete, name="range-delete"),
    path("alerts/heartbeat/", outgoing.heartbeat_edit, name="heartbeat"),
    path("alerts/deliveries/", deliveries.delivery_list, name="delivery-list"),
    path("alerts/deliveries/<uuid:key>/", deliveries.delivery_detail, name="delivery-detail"),
    path("alerts/deliveries/<uuid:key>/resend/", deliveries.delivery_resend, name="delivery-resend"),
]
