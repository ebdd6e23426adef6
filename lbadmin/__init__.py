"""Wiring: settings, addresses, the REST API, Celery and the quick start."""
