"""Settings of the processes that the tests start: nothing differs but how long everything takes."""

from lbadmin.settings import *  # noqa: F403

ALERTS_SWEEP_SECONDS = 1
ALERTS_LEASE_SECONDS = 4
CELERY_BEAT_SCHEDULE = {
    "scan": {"task": "alerts.tasks.scan_when_due", "schedule": 1, "options": {"expires": 5}},
    "send": {"task": "alerts.tasks.send_due_deliveries", "schedule": 1, "options": {"expires": 5}},
}
