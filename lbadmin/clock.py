"""Celery's clock: the schedule alone. It sends names of tasks, so it loads no task, no model and no app."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")

app = Celery("lbadmin", fixups=())  # Celery's fixup for Django would load every app
app.config_from_object("django.conf:settings", namespace="CELERY")
