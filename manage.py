#!/usr/bin/env python
"""Run lbadmin's commands."""

import gc
import os
import sys

import django
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
    # What is loaded now stays: to look for garbage among it takes a seventh of each start, and more of each later look.
    gc.disable()
    django.setup()
    gc.freeze()
    gc.enable()
    execute_from_command_line(sys.argv)
