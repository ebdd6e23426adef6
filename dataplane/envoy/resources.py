"""What compiling yields: resources with content hashes, where secrets come from, and problems."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message

from certificates.revocation_check import RevocationCheck
from dataplane.snapshot import Slot
from listeners.problem_words import Parameters, message_of

SecretKind = Literal["certificate", "authority", "tickets", "challenge"]
NO_CHECK = RevocationCheck((), is_whole_chain=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """A part that is left out or not served as asked, and why."""

    object_type: str
    object_id: str
    code: str
    parameters: Parameters = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What is wrong, in the language of logs."""
        return message_of(self.code, self.parameters)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource ready to be sent; ``version`` is the hash of its bytes."""

    name: str
    version: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where the bytes of a secret are found when the engine asks for them; ``version`` tells their content."""

    kind: SecretKind
    version: str
    certificate_version_id: int = 0  # of the kinds "certificate" and "authority"
    listener_id: str = ""  # of the kind "tickets"
    challenge_id: int = 0  # of the kind "challenge"
    revocation: RevocationCheck = NO_CHECK  # of the kind "authority"


@dataclass(frozen=True, slots=True)
class CompiledListener:
    """All that the engine needs of one listener; ``listener`` is None where it cannot be served at all."""

    id: str
    listener: Resource | None
    clusters: Mapping[str, Resource]  # by name, as all that follow
    endpoints: Mapping[str, Resource]
    routes: Mapping[str, Resource]  # what becomes of requests, where the listener reads them
    secrets: Mapping[str, SecretSource]
    problems: tuple[Problem, ...]
    contested: frozenset[str] = frozenset()  # certificates that share a name with another of the listener
    winners: Mapping[str, Slot] = field(default_factory=dict)  # by name: what a client gets that can use any
    tickets: Mapping[str, int] = field(default_factory=dict)  # secrets of session ticket keys: how many chains use each
    address: str = ""  # where it listens; empty with port 0 where it cannot be served
    port: int = 0
    transport: str = "tcp"
    filters: Mapping[str, Resource] = field(default_factory=dict)  # what reads requests, where the listener does
    hashes_tuples: bool = False  # its filters note both addresses of a connection, for the choice of a server

    @property
    def place(self) -> tuple[str, int, str]:
        """Address, port and transport, which no two listeners can share."""
        return self.address, self.port, self.transport

    @property
    def version(self) -> str:
        """The content hash of the whole listener, its servers and certificates included."""
        digest = hashlib.blake2b((self.listener.version if self.listener else "-").encode(), digest_size=16)
        for parts in (self.clusters, self.endpoints, self.routes, self.filters, self.secrets):
            digest.update(("".join(f"{name}={parts[name].version}" for name in sorted(parts)) + "|").encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled snapshot, by listener id."""

    listeners: Mapping[str, CompiledListener]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, in the order of the listeners' ids."""
        return tuple(problem for key in sorted(self.listeners) for problem in self.listeners[key].problems)


def resource(name: str, message: Message) -> Resource:
    """Serialise ``message``; the same content always gives the same bytes and version."""
    payload = message.SerializeToString(deterministic=True)
    return Resource(name, hashlib.blake2b(payload, digest_size=16).hexdigest(), payload)


def packed(message: Message) -> AnyMessage:
    """Wrap ``message`` for a typed field."""
    # What Any.Pack does, at half its price: a listener has a dozen of them.
    type_url = f"type.googleapis.com/{message.DESCRIPTOR.full_name}"
    return AnyMessage(type_url=type_url, value=message.SerializeToString(deterministic=True))
