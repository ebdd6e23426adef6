"""Run every benchmark, one after the other, each in a process of its own."""

import subprocess
import sys

CAMPAIGNS = ("peers", "replace", "startup", "scan", "pages")

for campaign in CAMPAIGNS:
    subprocess.run((sys.executable, "-m", f"benchmarks.{campaign}"), check=True)
