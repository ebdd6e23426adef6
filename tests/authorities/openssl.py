"""OpenSSL's command line, as a judge of what is published."""

import subprocess
from pathlib import Path


def openssl(*arguments: str | Path, stdin: bytes = b"") -> str:
    """Run ``openssl``; return what it printed, both streams, its exit status behind."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False, timeout=60)
    return f"{(done.stdout + done.stderr).decode()}\nexit {done.returncode}"
