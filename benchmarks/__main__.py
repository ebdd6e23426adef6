"""Run every benchmark, one after the other, each in a process of its own, and say how long each took."""

import subprocess
import sys
import time

CAMPAIGNS = (
    "peers",
    "https",
    "rules",
    "replace",
    "add",
    "startup",
    "idle",
    "scan",
    "calendar",
    "deliveries",
    "authorities",
    "pages",
    "imports",
    "cloudapi",
)


def main() -> int:
    """Run all, also when one fails; return 1 if one did."""
    outcome = {}
    for campaign in CAMPAIGNS:
        begin = time.monotonic()
        status = subprocess.run((sys.executable, "-m", f"benchmarks.{campaign}"), check=False).returncode
        outcome[campaign] = f"{(time.monotonic() - begin) / 60:5.1f} min" + (f"  failed: {status}" if status else "")
    for campaign, words in outcome.items():
        print(f"{campaign:10}{words}")
    return int(any("failed" in words for words in outcome.values()))


if __name__ == "__main__":
    sys.exit(main())
