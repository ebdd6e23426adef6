"""What the parser's process is asked and answers: JSON in frames, so that neither side unpickles the other. Pure."""

import base64
import dataclasses
import datetime as dt
import json
import socket
import struct
from typing import Any

from certificates.parsing.bundles import Bundle, Link, ServedChain, Upload
from certificates.parsing.drops import Drop, DroppedFile
from certificates.parsing.refusals import Finding, Refusal
from certificates.parsing.revocation_lists import ListUpload, ReadList
from certificates.parsing.splitting import Item, LeftOut, PoolKey, Understood
from certificates.parsing.x509 import Description, Name

_LENGTH = struct.Struct("!I")
_DESCRIPTION = tuple(field.name for field in dataclasses.fields(Description))
_LIST = ("sha256", "issuer", "issuer_spki_sha256", "number", "entries")
LARGEST_FRAME_BYTES = 256 * 1024 * 1024


def send(connection: socket.socket, message: Any) -> None:
    """Send one message; raise OSError (TimeoutError among them) when the other side does not take it."""
    body = json.dumps(message).encode()
    connection.sendall(_LENGTH.pack(len(body)) + body)


def receive(connection: socket.socket) -> Any:
    """Return the next message; raise EOFError when the other side is gone."""
    (size,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if size > LARGEST_FRAME_BYTES:
        raise EOFError("a frame larger than any answer")
    return json.loads(_exactly(connection, size))


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = connection.recv(min(size - len(received), 1 << 20))
        if not part:
            raise EOFError("the other side is gone")
        received += part
    return bytes(received)


def pack_upload(upload: Upload) -> dict[str, Any]:
    """Return ``upload`` as JSON takes it."""
    key = upload.private_key_pem
    return {
        "kind": upload.kind,
        "certificate_pem": base64.b64encode(upload.certificate_pem).decode(),
        "private_key_pem": None if key is None else base64.b64encode(key).decode(),
        "passphrase": upload.passphrase,
    }


def unpack_upload(message: dict[str, Any]) -> Upload:
    """Return what ``pack_upload`` packed."""
    key = message["private_key_pem"]
    return Upload(
        kind=message["kind"],
        certificate_pem=base64.b64decode(message["certificate_pem"]),
        private_key_pem=None if key is None else base64.b64decode(key),
        passphrase=message["passphrase"],
    )


def pack_list_upload(upload: ListUpload) -> dict[str, Any]:
    """Return a revocation list that is to be read, as JSON takes it."""
    return {"list": base64.b64encode(upload.data).decode(), "authorities": list(upload.authorities)}


def is_list_upload(message: dict[str, Any]) -> bool:
    """Whether ``message`` asks for a revocation list to be read."""
    return "list" in message


def unpack_list_upload(message: dict[str, Any]) -> ListUpload:
    """Return what ``pack_list_upload`` packed."""
    return ListUpload(base64.b64decode(message["list"]), tuple(message["authorities"]))


def pack_list(result: ReadList | Refusal) -> dict[str, Any]:
    """Return a list that was read as JSON takes it."""
    if isinstance(result, Refusal):
        return pack_refusal(result)
    moments = {"this_update": result.this_update, "next_update": result.next_update}
    return {
        **{field: getattr(result, field) for field in _LIST},
        **{field: moment and moment.isoformat() for field, moment in moments.items()},
        "der": base64.b64encode(result.der).decode(),
    }


def unpack_list(message: dict[str, Any]) -> ReadList | Refusal:
    """Return what ``pack_list`` packed."""
    if "code" in message:
        return _unpack_refusal(message)
    next_update = message["next_update"]
    return ReadList(
        **{field: message[field] for field in _LIST},
        der=base64.b64decode(message["der"]),
        this_update=dt.datetime.fromisoformat(message["this_update"]),
        next_update=dt.datetime.fromisoformat(next_update) if next_update else None,
    )


def pack_served(served: ServedChain) -> dict[str, Any]:
    """Return a chain that is to be read, as JSON takes it."""
    return {"served": [base64.b64encode(der).decode() for der in served.certificates]}


def is_served(message: dict[str, Any]) -> bool:
    """Whether ``message`` asks for a chain to be read that a server outside has shown."""
    return "served" in message


def unpack_served(message: dict[str, Any]) -> ServedChain:
    """Return what ``pack_served`` packed."""
    return ServedChain(tuple(base64.b64decode(der) for der in message["served"]))


def pack_links(result: tuple[Link, ...] | Refusal) -> dict[str, Any]:
    """Return a chain that was read as JSON takes it."""
    return pack_refusal(result) if isinstance(result, Refusal) else {"links": [_pack_link(link) for link in result]}


def unpack_links(message: dict[str, Any]) -> tuple[Link, ...] | Refusal:
    """Return what ``pack_links`` packed."""
    return _unpack_refusal(message) if "code" in message else tuple(map(_unpack_link, message["links"]))


def pack_drop(drop: Drop) -> dict[str, Any]:
    """Return a drop as JSON takes it, to be read or to be sealed."""
    files = [[file.name, base64.b64encode(file.data).decode()] for file in drop.files]
    return {"files": files, "passphrases": list(drop.passphrases)}


def is_drop(message: dict[str, Any]) -> bool:
    """Whether ``message`` asks for a drop to be read."""
    return "files" in message


def unpack_drop(message: dict[str, Any]) -> Drop:
    """Return what ``pack_drop`` packed."""
    files = tuple(DroppedFile(name, base64.b64decode(data)) for name, data in message["files"])
    return Drop(files, tuple(message["passphrases"]))


def pack_understood(result: Understood | Refusal) -> dict[str, Any]:
    """Return what a drop holds as JSON takes it."""
    if isinstance(result, Refusal):
        return pack_refusal(result)
    return {
        "items": [
            [item.kind, pack_result(item.bundle), item.public_key_sha256, list(item.sources)] for item in result.items
        ],
        "keys": [[key.pem.decode(), key.public_key_sha256, key.label, key.source] for key in result.keys],
        "left_out": [[each.code, each.source, dict(each.parameters)] for each in result.left_out],
    }


def unpack_understood(message: dict[str, Any]) -> Understood | Refusal:
    """Return what ``pack_understood`` packed."""
    if "code" in message:
        return _unpack_refusal(message)
    items = (
        Item(kind, _unpack_bundle(bundle), digest, tuple(sources)) for kind, bundle, digest, sources in message["items"]
    )
    keys = (PoolKey(pem.encode(), *rest) for pem, *rest in message["keys"])
    return Understood(tuple(items), tuple(keys), tuple(LeftOut(*each) for each in message["left_out"]))


def pack_result(result: Bundle | Refusal) -> dict[str, Any]:
    """Return an answer as JSON takes it."""
    if isinstance(result, Refusal):
        return pack_refusal(result)
    return {
        "leaf": _pack_link(result.leaf),
        "chain": [_pack_link(link) for link in result.chain],
        "key_pem": result.key_pem.decode() if result.key_pem else None,
        "findings": [[finding.code, dict(finding.parameters)] for finding in result.findings],
    }


def unpack_result(message: dict[str, Any]) -> Bundle | Refusal:
    """Return what ``pack_result`` packed."""
    return _unpack_refusal(message) if "code" in message else _unpack_bundle(message)


def _unpack_bundle(message: dict[str, Any]) -> Bundle:
    return Bundle(
        leaf=_unpack_link(message["leaf"]),
        chain=tuple(_unpack_link(link) for link in message["chain"]),
        key_pem=message["key_pem"].encode() if message["key_pem"] else None,
        findings=tuple(Finding(code, parameters) for code, parameters in message["findings"]),
    )


def pack_refusal(refusal: Refusal) -> dict[str, Any]:
    """Return a refusal as JSON takes it."""
    return {"code": refusal.code, "field": refusal.field, "parameters": dict(refusal.parameters)}


def _unpack_refusal(message: dict[str, Any]) -> Refusal:
    return Refusal(message["code"], message["field"], **message["parameters"])


def _pack_link(link: Link) -> dict[str, Any]:
    description = {field: getattr(link.description, field) for field in _DESCRIPTION}
    description["names"] = [[name.kind, name.value] for name in link.description.names]
    for moment in ("not_before", "not_after"):
        description[moment] = description[moment].isoformat()
    return {"pem": link.pem, "description": description}


def _unpack_link(message: dict[str, Any]) -> Link:
    fields = dict(message["description"])
    fields["names"] = tuple(Name(kind, value) for kind, value in fields["names"])
    for moment in ("not_before", "not_after"):
        fields[moment] = dt.datetime.fromisoformat(fields[moment])
    return Link(message["pem"], Description(**fields))
