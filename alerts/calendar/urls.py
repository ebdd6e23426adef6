"""Addresses of the calendar: its pages, and the feeds that programs read."""

from django.urls import path

from alerts.pages import calendar, calendar_feeds

urlpatterns = [
    path("alerts/calendar/", calendar.calendar_month, name="calendar"),
    path("alerts/calendar/year/", calendar.calendar_year, name="calendar-year"),
    path("alerts/calendar/feeds/", calendar_feeds.feed_list, name="calendar-feed-list"),
    path("alerts/calendar/feeds/create/", calendar_feeds.feed_create, name="calendar-feed-create"),
    path("alerts/calendar/feeds/<int:feed_id>/revoke/", calendar_feeds.feed_revoke, name="calendar-feed-revoke"),
    path("alerts/calendar/<str:day>/", calendar.calendar_day, name="calendar-day"),
    path("calendar/<str:token>.ics", calendar.calendar_feed, name="calendar-feed"),
]
