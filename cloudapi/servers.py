"""Servers of a group, as NLB and ALB name them: by an instance's id and address, by port, or by both.

Here a server is an address and a port. The id and kind that a client gave are kept, and an id that comes without an
address is the address: an IP address or a host name.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudapi.errors import CloudError
from cloudapi.extras import extras_of, set_extras
from cloudapi.operations import Call
from listeners import services
from listeners.models import Server, ServerGroup
from listeners.services import ServerSpec

Given = Mapping[str, Any]
Key = tuple[str, int]
_KEPT = ("ServerId", "ServerType", "RemoteIpEnabled")


def add_servers(call: Call, group: ServerGroup, given: Sequence[Given], twice: str) -> None:
    """Add servers to a group: all of them, or none; ``twice`` is the code for one that is there already."""
    there = _specs(group)
    for server in given:
        key = _key(server)
        if key in there:
            raise CloudError(twice, f"Server {key[0]}:{key[1]} is in {group.pk} already.")
        there[key] = ServerSpec(*key, server.get("Weight", 100), server.get("Description", ""))
    _store(call, group, there, given)


def remove_servers(call: Call, group: ServerGroup, given: Sequence[Given], absent: str) -> None:
    """Take servers out of a group: all of them, or none; ``absent`` is the code for one that is not there."""
    there, names = _specs(group), _names(group)
    for server in given:
        del there[_found(server, there, names, absent)]
    _store(call, group, there, ())


def change_servers(call: Call, group: ServerGroup, given: Sequence[Given], absent: str) -> None:
    """Give servers of a group another weight or description."""
    there, names = _specs(group), _names(group)
    for server in given:
        key = _found(server, there, names, absent)
        old = there[key]
        there[key] = ServerSpec(*key, server.get("Weight", old.weight), server.get("Description", old.description))
    _store(call, group, there, ())


def replace_servers(
    call: Call, group: ServerGroup, added: Sequence[Given], removed: Sequence[Given], absent: str
) -> None:
    """Put servers in the place of others, at once."""
    there, names = _specs(group), _names(group)
    for server in removed:
        del there[_found(server, there, names, absent)]
    for server in added:
        key = _key(server)
        there[key] = ServerSpec(*key, server.get("Weight", 100), server.get("Description", ""))
    _store(call, group, there, added)


def server_answer(server: Server, extra: Given) -> dict[str, Any]:
    """Return what is told of a server."""
    kept = extra.get("Servers", {}).get(_label((server.address, server.port)), {})
    return {
        "ServerId": kept.get("ServerId", server.address),
        "ServerType": kept.get("ServerType", "Ip"),
        "ServerIp": server.address,
        "Port": server.port,
        "Weight": server.weight,
        "Description": server.description,
        "ServerGroupId": server.group_id,
        "Status": "Available",
    }


def servers_named(extra: Given, server_ids: Iterable[str]) -> list[str]:
    """Return the addresses of the servers that clients gave these ids; an id may be the address itself."""
    wanted = set(server_ids)
    kept = [label for label, words in extra.get("Servers", {}).items() if words.get("ServerId") in wanted]
    return [label.rpartition(":")[0] for label in kept] + list(wanted)


def _label(key: Key) -> str:
    return f"{key[0]}:{key[1]}"


def _key(server: Given) -> Key:
    address = server.get("ServerIp") or server.get("ServerId", "")
    return address, server.get("Port", 0)


def _specs(group: ServerGroup) -> dict[Key, ServerSpec]:
    return {
        (each.address, each.port): ServerSpec(each.address, each.port, each.weight, each.description)
        for each in group.servers.all()
    }


def _names(group: ServerGroup) -> dict[tuple[str, int], Key]:
    """Return the servers of a group by the ids that clients gave them."""
    kept = extras_of("server_group", [group.pk])[group.pk].get("Servers", {})
    named: dict[tuple[str, int], Key] = {}
    for label, words in kept.items():
        address, _colon, port = label.rpartition(":")
        named[words.get("ServerId", address), int(port)] = (address, int(port))
    return named


def _found(server: Given, there: Mapping[Key, ServerSpec], names: Mapping[tuple[str, int], Key], absent: str) -> Key:
    """Return the key of a server that a client names by address or by id."""
    key = _key(server)
    key = key if key in there else names.get((server.get("ServerId", ""), key[1]), key)
    if key not in there:
        raise CloudError(absent, f"There is no server {key[0][:80]} on port {key[1]} in the group.", 404)
    return key


def _store(call: Call, group: ServerGroup, specs: Mapping[Key, ServerSpec], fresh: Iterable[Given]) -> None:
    services.update_server_group(call.actor, group.pk, servers=list(specs.values()))
    labels = {_label(key) for key in specs}
    kept = extras_of("server_group", [group.pk])[group.pk].get("Servers", {})
    words = {_label(_key(each)): {name: each[name] for name in _KEPT if name in each} for each in fresh}
    after = {label: told for label, told in {**kept, **words}.items() if label in labels}
    if after != kept:
        set_extras("server_group", group.pk, {"Servers": after})
