"""The quick start: one command that runs every part of lbadmin on this machine.

``python -m lbadmin.quickstart`` makes the database and the secrets, starts Redis, the console, the Celery worker and
beat and the node, keeps them running, and stops them all when it is told to.
"""
