"""Write results into docs/performance.md, with the machine and the command that made them."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def machine() -> str:
    """Describe the machine in one line."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    kilobytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} × {model[1] if model else platform.machine()}, {kilobytes:.0f} GiB, {platform.release()}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def publish(section: str, command: str, body: str) -> None:
    """Print a result and put it between the section's markers on the page."""
    text = f"`{command}`, {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, {machine()}\n\n{body}\n"
    print(text)
    begin, end = f"<!-- results: {section} -->", "<!-- end -->"
    page = PAGE.read_text()
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        raise LookupError(f"{PAGE} has no section “{begin}”.")
    PAGE.write_text(pattern.sub(lambda _: f"{begin}\n{text}{end}", page))
