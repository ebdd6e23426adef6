"""The parser's process: bounded, shared by threads, restarted, forgotten by forked children."""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from certificates.parsing import parser_process
from certificates.parsing.bundles import Bundle, Upload, read_bundle
from certificates.parsing.parser import SECONDS_PER_BATCH, Parser
from certificates.parsing.refusals import Refusal
from certificates.parsing.wire import pack_result, pack_upload, receive, send, unpack_result, unpack_upload
from tests.certs import Issued, make_leaf
from tests.waiting import wait_until


@pytest.fixture
def parser() -> Iterator[Parser]:
    """Yield a parser of its own, stopped afterwards."""
    own = Parser()
    yield own
    own.close()


@pytest.fixture(scope="module")
def leaf() -> Issued:
    return make_leaf()


def upload_of(leaf: Issued) -> Upload:
    return Upload("server", leaf.pem, leaf.key_pem)


def pid_of(parser: Parser) -> int:
    assert parser._process is not None  # noqa: SLF001
    return parser._process.popen.pid  # noqa: SLF001


def sha256_of(result: Bundle | Refusal) -> str:
    assert isinstance(result, Bundle)
    return result.leaf.description.sha256


def test_one_process_answers_everything(parser: Parser, leaf: Issued) -> None:
    first = parser.parse(upload_of(leaf))
    pid = pid_of(parser)
    assert parser.parse(upload_of(leaf)) == first
    assert pid_of(parser) == pid != os.getpid()


def test_a_refusal_comes_back_as_it_was_raised(parser: Parser, leaf: Issued) -> None:
    with pytest.raises(Refusal) as caught:
        parser.parse(Upload("ca", leaf.pem))
    assert (caught.value.code, caught.value.parameters) == ("certificate.not-ca", {"certificate": "www.example.test"})


def test_many_keep_their_order_with_bad_ones_between(parser: Parser) -> None:
    leaves = [make_leaf() for _ in range(60)]
    uploads = [upload_of(leaf) for leaf in leaves]
    uploads[3] = Upload("server", b"x" * 1_000_001)
    uploads[55] = Upload("server", b"noise")
    results = parser.parse_many(uploads)
    assert {position for position, result in enumerate(results) if isinstance(result, Refusal)} == {3, 55}
    assert [sha256_of(result) for result in results if isinstance(result, Bundle)] == [
        leaf.sha256 for position, leaf in enumerate(leaves) if position not in {3, 55}
    ]


def test_threads_share_it(parser: Parser) -> None:
    leaves = [make_leaf() for _ in range(24)]
    with ThreadPoolExecutor(8) as pool:
        bundles = list(pool.map(parser.parse, map(upload_of, leaves)))
    assert [bundle.leaf.description.sha256 for bundle in bundles] == [leaf.sha256 for leaf in leaves]


def test_killed_between_two_uploads_it_is_started_again(parser: Parser, leaf: Issued) -> None:
    parser.parse(upload_of(leaf))
    first = pid_of(parser)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: parser._process is None or parser._process.has_ended())  # noqa: SLF001
    assert parser.parse(upload_of(leaf)).leaf.description.sha256 == leaf.sha256
    assert pid_of(parser) != first


def test_an_upload_that_takes_too_long_is_refused_and_the_next_one_read(parser: Parser, leaf: Issued) -> None:
    parser.parse(upload_of(leaf))
    stopped = pid_of(parser)
    os.kill(stopped, signal.SIGSTOP)
    parser.seconds_per_batch = 0.2
    with pytest.raises(Refusal) as caught:
        parser.parse(upload_of(leaf))
    assert caught.value.code == "input.too-hard"
    parser.seconds_per_batch = SECONDS_PER_BATCH
    assert parser.parse(upload_of(leaf)).leaf.description.sha256 == leaf.sha256
    assert not Path(f"/proc/{stopped}").exists()


@contextmanager
def killed_beyond(parser: Parser, cpu_seconds: float) -> Iterator[None]:
    """Kill the parser's process whenever one has used that much CPU, as a machine short of something would."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.01):
            pid = parser._process.popen.pid if parser._process else 0  # noqa: SLF001
            with suppress(OSError):
                if pid and int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) > cpu_seconds * 1e9:
                    os.kill(pid, signal.SIGKILL)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def hard_to_open(leaf: Issued) -> bytes:
    """Return the leaf's key behind a passphrase that takes a second to try: as many rounds as are read at all."""
    command = "openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA512 -iter 2000000 -passout pass:secret"
    return subprocess.run(command.split(), input=leaf.key_pem, capture_output=True, check=True).stdout


def test_in_a_batch_only_the_upload_that_stops_it_is_refused(parser: Parser, leaf: Issued) -> None:
    hard = Upload("server", leaf.pem, hard_to_open(leaf), "secret")
    parser.parse(upload_of(leaf))
    started = int(Path(f"/proc/{pid_of(parser)}/schedstat").read_text().split()[0]) / 1e9
    with killed_beyond(parser, 2 * started):
        good, bad, also_good = parser.parse_many([upload_of(leaf), hard, upload_of(leaf)])
    assert sha256_of(good) == sha256_of(also_good) == leaf.sha256
    assert isinstance(bad, Refusal)
    assert bad.code == "input.too-hard"
    assert sha256_of(parser.parse(hard)) == leaf.sha256, "left alone it is merely slow"


def test_a_parser_that_others_keep_busy_says_so(leaf: Issued) -> None:
    parser = Parser(seconds_to_wait=0.01)
    with parser._lock, pytest.raises(Refusal) as caught:  # noqa: SLF001
        parser.parse(upload_of(leaf))
    assert caught.value.code == "input.busy"


def test_its_environment_holds_nothing_of_ours_and_its_memory_is_bounded(parser: Parser, leaf: Issued) -> None:
    parser.parse(upload_of(leaf))
    process = Path(f"/proc/{pid_of(parser)}")
    assert process.joinpath("environ").read_bytes() == b"LC_ALL=C.UTF-8\0"
    limits = process.joinpath("limits").read_text()
    assert str(parser_process.MEMORY_BYTES) in limits
    (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]


FORKED = """
import os, sys
from certificates.parsing.bundles import Upload
from certificates.parsing.parser import parser
from certificates.parsing.refusals import Refusal

def answer():
    try:
        parser.parse(Upload("server", b"noise"))
    except Refusal as refusal:
        return refusal.code, parser._process.popen.pid

code, pid = answer()
if not (child := os.fork()):
    mine = answer()
    parser.close()
    os._exit(0 if mine[0] == code and mine[1] != pid else 1)
assert os.waitpid(child, 0)[1] == 0
assert answer() == (code, pid), "the parent's parser was disturbed"
print(code)
"""


def test_a_forked_child_starts_its_own_and_leaves_its_parents_alone() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("input.not-pem\n", "", 0)


def test_it_ends_when_its_owner_is_killed() -> None:
    script = FORKED.split("if not", maxsplit=1)[0] + "print(pid, flush=True); os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    wait_until(lambda: not Path(f"/proc/{int(done.stdout)}/exe").exists())


def test_serving_goes_on_until_the_other_side_is_gone(leaf: Issued) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        server = threading.Thread(target=parser_process.serve, args=(theirs,))
        server.start()
        send(ours, [pack_upload(upload_of(leaf)), pack_upload(Upload("server", b""))])
        good, bad = map(unpack_result, receive(ours))
        ours.shutdown(socket.SHUT_WR)
        server.join(20)
        assert not server.is_alive()
    assert sha256_of(good) == leaf.sha256
    assert isinstance(bad, Refusal)


def test_an_upload_that_needs_more_memory_than_there_is_is_refused_and_the_next_one_read(
    parser: Parser, leaf: Issued
) -> None:
    parser.parse(upload_of(leaf))
    pid = pid_of(parser)
    pages_used = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    room = pages_used * resource.getpagesize() + 1_000_000
    resource.prlimit(pid, resource.RLIMIT_AS, (room, room))
    with pytest.raises(Refusal) as caught:
        parser.parse(Upload("server", leaf.pem * 600, leaf.key_pem))
    assert caught.value.code == "input.too-hard"
    assert parser.parse(upload_of(leaf)).leaf.description.sha256 == leaf.sha256


def test_what_nobody_foresaw_is_a_refusal_too(leaf: Issued) -> None:
    unencodable = "\ud800"
    result = parser_process.read_safely(Upload("server", leaf.pem, encrypted_key(leaf), unencodable))
    assert isinstance(result, Refusal)
    assert result.code == "input.unreadable"


def encrypted_key(leaf: Issued) -> bytes:
    key = serialization.load_pem_private_key(leaf.key_pem, None)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )


def test_uploads_and_answers_survive_the_wire(leaf: Issued) -> None:
    for upload in (upload_of(leaf), Upload("ca", b"\xff\0", None, "pässword")):
        assert unpack_upload(pack_upload(upload)) == upload
    bundle = read_bundle(upload_of(leaf))
    assert unpack_result(pack_result(bundle)) == bundle


def test_a_frame_larger_than_any_answer_is_not_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\xff\xff\xff\xff")
        with pytest.raises(EOFError):
            receive(ours)
