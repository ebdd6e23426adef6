"""Every file that others made, given to the page and to REST: no answer of 500, none slow, no memory that grows."""

import base64
import time
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.parsing.parser import parser

CORPUS = sorted(path for path in Path(cryptography_vectors.__file__).parent.rglob("*") if path.is_file())
PASSPHRASES = ["password", "cryptography"]
SETTLED = 500  # files after which the parser has seen every format
MEGABYTE = 1024 * 1024


def give_to_page(client: Client, path: Path) -> list[int]:
    """Send the file, and look at the plan where there is one."""
    content = SimpleUploadedFile(path.name, path.read_bytes())
    answer = client.post("/certificates/drop/", {"files": content, "passphrase": PASSPHRASES[0]})
    return [answer.status_code, *([client.get(answer["Location"]).status_code] if answer.status_code == 302 else [])]


def give_to_rest(client: Client, path: Path) -> list[int]:
    """Send the file to be inspected."""
    content = base64.b64encode(path.read_bytes()).decode()
    body: dict[str, Any] = {"files": [{"name": path.name, "content_base64": content}], "passphrases": PASSPHRASES}
    return [client.post("/api/v1/certificates/inspect", body, content_type="application/json").status_code]


def parser_bytes() -> int:
    """Return how much memory the parser's process holds."""
    process = parser._process  # noqa: SLF001
    if process is None:
        return 0
    return int(Path(f"/proc/{process.popen.pid}/statm").read_text().split()[1]) * 4096


@pytest.mark.conformance
@pytest.mark.django_db
def test_every_foreign_file_is_answered_by_page_and_rest(admin_client: Client) -> None:
    slowest, settled, statuses = (0.0, ""), 0, set[int]()
    for number, path in enumerate(CORPUS):
        for give in (give_to_page, give_to_rest):
            started = time.perf_counter()
            statuses |= set(give(admin_client, path))
            slowest = max(slowest, (time.perf_counter() - started, path.name))
        if number == SETTLED:
            settled = parser_bytes()
    grown = (parser_bytes() - settled) / MEGABYTE
    print(f"{len(CORPUS)} files: {sorted(statuses)}, slowest {slowest}, parser grew by {grown:.1f} MB")  # noqa: T201
    assert statuses <= {200, 302, 413, 422}
    assert grown < 64
