"""Every file that others made, given to the page and to REST: no answer of 500, none slow, no memory that grows."""

import base64
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cryptography_vectors
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.parsing.parser import parser

CORPUS = sorted(path for path in Path(cryptography_vectors.__file__).parent.rglob("*") if path.is_file())
PASSPHRASES = ["password", "cryptography"]
SETTLED = 500  # files after which the parser has seen every format
SLOWEST_TOLD = 10
MEGABYTE = 1024 * 1024
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


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


class Spent(NamedTuple):
    """What one answer took, in seconds; processor time is that of this process and of the parser's together."""

    processor: float
    wall: float
    how: str
    name: str


def parser_pid() -> int | None:
    """Return the id of the parser's process while there is one."""
    process = parser._process  # noqa: SLF001
    return None if process is None or process.has_ended() else process.popen.pid


def resident_bytes(pid: int | None) -> int:
    """Return how much memory a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 if pid else 0


def parser_seconds(pid: int | None) -> float:
    """Return the processor time that a process has used."""
    if pid is None:
        return 0.0
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS_PER_SECOND


def measured(give: Callable[[Client, Path], list[int]], client: Client, path: Path) -> tuple[list[int], Spent]:
    """Give a file, and return the answers with what they took."""
    before, wall, own = parser_pid(), time.perf_counter(), time.process_time()
    used = parser_seconds(before)
    statuses = give(client, path)
    after = parser_pid()
    # A parser that was stopped over the file took its time along; a new one begins at nothing.
    theirs = parser_seconds(after) - (used if after == before else 0.0)
    spent = Spent(time.process_time() - own + theirs, time.perf_counter() - wall, give.__name__, path.name)
    return statuses, spent


def tell(spent: list[Spent], statuses: set[int], memory: list[tuple[int, int]]) -> None:
    """Print the campaign's figures."""
    print(f"{len(CORPUS)} files: {sorted(statuses)}")  # noqa: T201
    for each in sorted(spent, reverse=True)[:SLOWEST_TOLD]:
        print(f"{each.processor:.2f} s of processor, {each.wall:.2f} s, {each.how}, {each.name}")  # noqa: T201
    for name, held in zip(("console", "parser"), zip(*memory, strict=True), strict=True):
        print(f"{name}: {' -> '.join(f'{each / MEGABYTE:.1f}' for each in held)} MB")  # noqa: T201


# Odd serial numbers are part of the corpus.
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.conformance
@pytest.mark.django_db
def test_every_foreign_file_is_answered_by_page_and_rest(admin_client: Client) -> None:
    statuses, spent, memory = set[int](), list[Spent](), list[tuple[int, int]]()
    for number, path in enumerate(CORPUS, 1):
        for give in (give_to_page, give_to_rest):
            answers, took = measured(give, admin_client, path)
            statuses |= set(answers)
            spent.append(took)
        if number in {SETTLED, len(CORPUS)}:
            memory.append((resident_bytes(os.getpid()), resident_bytes(parser_pid())))
    tell(spent, statuses, memory)
    assert statuses <= {200, 302, 413, 422}
    assert all(end - begin < 64 * MEGABYTE for begin, end in zip(*memory, strict=True))
