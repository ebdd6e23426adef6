"""Backend servers as this product takes and shows them.

A server is named by its address: ``ServerIp`` where that is given, else ``ServerId``, which may be an IP address or a
name that the nodes resolve. What it was called is kept and shown again.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from cloudapi.errors import CloudError
from cloudapi.extras import extras_of, set_extras
from cloudapi.wire.fields import Field, integer, structs, text
from listeners.host_names import is_ip_address
from listeners.services import ServerSpec

Names = Mapping[str, Mapping[str, Any]]  # what servers are called, by their addresses
Specs = dict[tuple[str, int], ServerSpec]
MOST_PER_CALL = 20
NO_PORT = 1  # stands for the port of default servers, which each listener chooses
_KEPT = "Servers"
_TYPES = ("ecs", "eni", "eci", "ip")


def servers_field(name: str, *, with_port: bool, required: bool = False, low: int = 1) -> Field:
    """Declare a list of servers, which comes as one JSON string."""
    return structs(
        name,
        text("ServerId", required=True),
        *((integer("Port", 1, 65_535, required=True),) if with_port else (integer("Port", 0, 65_535),)),
        integer("Weight", 0, 100),
        text("Type", choices=_TYPES),
        text("ServerIp"),
        text("Description", high=256),
        text("ServerRegionId"),
        text("VbrId"),
        text("ZoneId"),
        most=MOST_PER_CALL,
        low=low,
        required=required,
    )


def address_of(server: Mapping[str, Any]) -> str:
    """Return the address of a server."""
    return str(server.get("ServerIp") or server["ServerId"]).strip().lower()


def keep_names(
    object_type: str, object_id: str, servers: Iterable[Mapping[str, Any]], addresses: Collection[str] = ()
) -> None:
    """Keep what servers are called, and of what type they are, by their addresses; forget those not of ``addresses``.

    Without ``addresses`` all are kept.
    """
    known = names_of(object_type, object_id)
    fresh = {
        address_of(server): {name: server[name] for name in ("ServerId", "Type", "ServerIp") if name in server}
        for server in servers
    }
    names = {key: value for key, value in {**known, **fresh}.items() if not addresses or key in addresses}
    if names != known:
        set_extras(object_type, object_id, {_KEPT: names})


def names_of(object_type: str, object_id: str) -> Names:
    """Return what is kept of the servers of an object, by their addresses."""
    names: Names = extras_of(object_type, [object_id])[object_id].get(_KEPT, {})
    return names


def address_for(server: Mapping[str, Any], names: Names) -> str:
    """Return the address that a request means, which may name a server by what it was called when it came."""
    if "ServerIp" in server:
        return address_of(server)
    called = (address for address, name in names.items() if name.get("ServerId") == server["ServerId"])
    return next(called, address_of(server))


def added(stored: Specs, given: Iterable[Mapping[str, Any]], names: Names) -> Specs:
    """Return the servers with those given; one that is there already gets the weight and description given."""
    specs = dict(stored)
    for server in given:
        key = address_for(server, names), server.get("Port") or NO_PORT
        specs[key] = _spec_of(key, server, specs.get(key))
    return specs


def removed(stored: Specs, given: Iterable[Mapping[str, Any]], names: Names) -> Specs:
    """Return the servers without those given; one that is not there is passed over."""
    gone = {(address_for(server, names), server.get("Port") or NO_PORT) for server in given}
    return {key: spec for key, spec in stored.items() if key not in gone}


def changed(stored: Specs, given: Iterable[Mapping[str, Any]], names: Names) -> Specs:
    """Return the servers with other weights and descriptions. Raises CloudError for one that is not there."""
    servers = list(given)
    for server in servers:
        if (address_for(server, names), server.get("Port") or NO_PORT) not in stored:
            told = f"{server['ServerId']}:{server['Port']}" if server.get("Port") else server["ServerId"]
            raise CloudError("InvalidServerId.NotFound", f"There is no backend server {told} here. Add it first.", 404)
    return added(stored, servers, names)


def _spec_of(key: tuple[str, int], server: Mapping[str, Any], before: ServerSpec | None) -> ServerSpec:
    usual = before or ServerSpec(*key)
    return ServerSpec(*key, server.get("Weight", usual.weight), server.get("Description", usual.description))


def shown_server(spec: ServerSpec, names: Names, *, with_port: bool) -> dict[str, Any]:
    """Return a server as the product describes it."""
    kept = names.get(spec.address, {})
    return {
        "ServerId": kept.get("ServerId", spec.address),
        "Type": kept.get("Type", "ip"),
        "ServerIp": spec.address if is_ip_address(spec.address) else "",
        "Weight": spec.weight,
        "Description": spec.description,
        **({"Port": spec.port} if with_port else {}),
    }
