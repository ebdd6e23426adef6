"""Wiring: settings, addresses, the REST API, Celery and the quick start."""

from lbadmin.celery import app as celery_app

__all__ = ("celery_app",)
