#!/usr/bin/env python
"""Run lbadmin's commands."""

import gc
import os
import sys

import django
from django.core.management import BaseCommand, execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
    # What is loaded now stays: to look for garbage among it takes a seventh of each start, and more of each later look.
    gc.disable()
    django.setup()
    gc.freeze()
    gc.enable()
    # Checks load every address and schema, which costs a command more than its work does. `check` runs them, as do the
    # tests; `migrate` and `runserver` look all the same.
    if "runserver" not in sys.argv[1:2]:
        BaseCommand.requires_system_checks = ()
    execute_from_command_line(sys.argv)
