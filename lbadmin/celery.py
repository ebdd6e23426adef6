"""Celery, configured from Django's settings; Redis never holds the only copy of anything."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")

app = Celery("lbadmin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
