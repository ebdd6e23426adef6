"""What is said before TLS begins, for protocols that begin in plain text: as little as possible, and bounded."""

from collections.abc import Awaitable, Callable
from typing import Protocol

LONGEST_LINE = 1_000
MOST_LINES = 100
OWN_NAME = b"lbadmin.invalid"  # a greeting names its sender; this machine's name is nobody's business (RFC 6761)
# ExtendedRequest, message id 1, requestName 1.3.6.1.4.1.1466.20037 (RFC 4511, section 4.14).
LDAP_STARTTLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
LDAP_MESSAGE, LDAP_EXTENDED_RESPONSE, LDAP_ENUMERATED = 0x30, 0x78, 0x0A
LARGEST_LDAP_ANSWER = 4_096
POSTGRESQL_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
LONG_FORM = 0x80
MOST_LENGTH_BYTES = 4


class Stream(Protocol):
    """A connection of which exactly as much is read as is asked for."""

    async def read(self, size: int) -> bytes:
        """Return ``size`` bytes; raise EOFError when the other side closes first."""
        ...

    async def read_line(self, longest: int) -> bytes:
        """Return a line without its end; raise DialogueError for one that is longer."""
        ...

    async def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        ...


class DialogueError(Exception):
    """Say that the server does not go on to TLS, in its own words or in ours."""


async def _no_dialogue(stream: Stream) -> None:
    """Begin with TLS."""


async def _smtp(stream: Stream) -> None:
    """RFC 3207: greeting, EHLO, STARTTLS."""
    await _smtp_answer(stream, b"220")
    await stream.send(b"EHLO " + OWN_NAME + b"\r\n")
    offered = await _smtp_answer(stream, b"250")
    if b"STARTTLS" not in {line[4:].strip().upper() for line in offered}:
        raise DialogueError("STARTTLS is not offered")
    await stream.send(b"STARTTLS\r\n")
    await _smtp_answer(stream, b"220")


async def _smtp_answer(stream: Stream, wanted: bytes) -> list[bytes]:
    """Return the lines of one answer, the last of which has no hyphen behind its code."""
    lines: list[bytes] = []
    while not lines or lines[-1][3:4] == b"-":
        if len(lines) == MOST_LINES:
            raise DialogueError("an answer without an end")
        lines.append(await stream.read_line(LONGEST_LINE))
    if not lines[-1].startswith(wanted):
        raise DialogueError(_words(lines[-1]))
    return lines


async def _imap(stream: Stream) -> None:
    """RFC 3501, section 6.2.1: greeting, STARTTLS, the tagged answer."""
    greeting = await stream.read_line(LONGEST_LINE)
    if not greeting.upper().startswith(b"* OK"):
        raise DialogueError(_words(greeting))
    await stream.send(b"a STARTTLS\r\n")
    for _line in range(MOST_LINES):
        answer = await stream.read_line(LONGEST_LINE)
        if answer.upper().startswith(b"A OK"):
            return
        if not answer.startswith(b"*"):
            raise DialogueError(_words(answer))
    raise DialogueError("an answer without an end")


async def _ldap(stream: Stream) -> None:
    """RFC 4511, section 4.14: the extended operation StartTLS, whose result code has to be 0."""
    await stream.send(LDAP_STARTTLS)
    message = await _ber_element(stream, LDAP_MESSAGE)
    # messageID (an INTEGER), then the response, which begins with its result code.
    identifier_end = 2 + message[1] if len(message) > 1 else len(message)
    response = message[identifier_end:]
    if not response or response[0] != LDAP_EXTENDED_RESPONSE:
        raise DialogueError("an answer that is no LDAP")
    start = 2 + (response[1] & ~LONG_FORM if len(response) > 1 and response[1] & LONG_FORM else 0)
    code = response[start : start + 3]
    if len(code) < 3 or code[:2] != bytes((LDAP_ENUMERATED, 1)):  # noqa: PLR2004  (tag, length, value)
        raise DialogueError("an answer that is no LDAP")
    if code[2]:
        raise DialogueError(f"result code {code[2]}")


async def _ber_element(stream: Stream, tag: int) -> bytes:
    """Return the content of one element of definite length (X.690)."""
    head = await stream.read(2)
    length = head[1]
    if length & LONG_FORM:
        size = length & ~LONG_FORM
        if not 1 <= size <= MOST_LENGTH_BYTES:
            raise DialogueError("an answer that is no LDAP")
        length = int.from_bytes(await stream.read(size), "big")
    if head[0] != tag or length > LARGEST_LDAP_ANSWER:
        raise DialogueError("an answer that is no LDAP")
    return await stream.read(length)


async def _postgresql(stream: Stream) -> None:
    """PostgreSQL's SSLRequest: one byte, S or N, answers it (Frontend/Backend Protocol, 54.2.11)."""
    await stream.send(POSTGRESQL_SSL_REQUEST)
    answer = await stream.read(1)
    if answer == b"N":
        raise DialogueError("ssl is off")
    if answer != b"S":
        raise DialogueError("an answer that is no PostgreSQL")


def _words(line: bytes) -> str:
    return line.decode("utf-8", "replace")[:200]


DIALOGUES: dict[str, Callable[[Stream], Awaitable[None]]] = {
    "none": _no_dialogue,
    "smtp": _smtp,
    "imap": _imap,
    "ldap": _ldap,
    "postgresql": _postgresql,
}
