"""REST: alert rules, contacts, channels, deliveries, notices, scans and the calendar."""

from ninja import Router

from alerts.api.calendar import router as calendar_router
from alerts.api.channels import router as channels_router
from alerts.api.people import router as people_router
from alerts.api.rules import router as rules_router

router = Router()
for each in (rules_router, people_router, channels_router, calendar_router):
    router.add_router("", each)
