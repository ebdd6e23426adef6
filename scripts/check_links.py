"""Check that every relative link of the given Markdown files leads to a file, and every anchor to a heading."""

import re
import sys
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors_of(path: Path) -> set[str]:
    """Return the anchors that GitHub makes of a file's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Return what is wrong with the links of one page."""
    found = []
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.exists():
            found.append(f"{page}: {link}: there is no such file")
        elif anchor and anchor not in anchors_of(target):
            found.append(f"{page}: {link}: there is no such heading")
    return found


def main(pages: list[str]) -> int:
    """Print what is broken; return 1 if anything is."""
    problems = [problem for page in pages for problem in broken_links(Path(page))]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
