"""The names of resources: what the engine asks for by name, and whose part each is."""

from dataplane.snapshot import AUTHORITY, DEFAULT, Listener, Slot

XDS_CLUSTER = "xds"  # the cluster of the engine's start configuration that leads to the node

_TYPE = "type.googleapis.com/"
CLUSTER = _TYPE + "envoy.config.cluster.v3.Cluster"
ENDPOINTS = _TYPE + "envoy.config.endpoint.v3.ClusterLoadAssignment"
LISTENER = _TYPE + "envoy.config.listener.v3.Listener"
ROUTES = _TYPE + "envoy.config.route.v3.RouteConfiguration"
FILTERS = _TYPE + "envoy.config.core.v3.TypedExtensionConfig"
SECRET = _TYPE + "envoy.extensions.transport_sockets.tls.v3.Secret"

TICKET_PARTS = 32
_PLACES = {DEFAULT: "default", AUTHORITY: "ca"}  # the others are named by their binding


def cluster_name(listener: Listener, group_id: str) -> str:
    """Return the name of the cluster by which ``listener`` reaches a server group.

    That of the default server group is named after the listener alone: forwarding to another group is then a new
    content under the same name, and no filter chain, so no open connection, is touched.
    """
    return listener.id if group_id == listener.server_group_id else f"{listener.id}/{group_id}"


def slot_secret(listener_id: str, slot: Slot) -> str:
    """Return the name of the secret in ``slot``.

    It depends on the slot alone, never on the certificate in it: any other certificate, of whatever key, is then a
    new content under the same name, which the engine takes without touching a connection.
    """
    return f"listener/{listener_id}/{_PLACES.get(slot.role) or slot.binding_id}"


def servers_secret(listener_id: str, group_id: str) -> str:
    """Return the name of the CA certificate by which a listener verifies the servers of a group."""
    return f"listener/{listener_id}/servers/{group_id}"


def is_of_servers(secret: str) -> bool:
    """Tell whether a secret is one that servers are verified by."""
    return "/servers/" in secret


def challenge_secret(listener_id: str, challenge_id: int) -> str:
    """Return the name of the certificate by which a listener answers an ACME server."""
    return f"listener/{listener_id}/acme-{challenge_id}"


def ticket_secret(secret: str) -> str:
    """Return the name of the session ticket keys of the filter chain that serves ``secret``.

    All names of a listener stand for the same keys. The engine makes a chain's TLS context anew (70 µs) when its keys
    change, so under one name a listener of 10,000 chains would hold up every replace for 0.7 s at each rotation.
    """
    listener, _, place = secret.rpartition("/")
    return f"{listener}/tickets/{int(place) % TICKET_PARTS}" if place.isdecimal() else f"{listener}/tickets"


def ticket_secrets(listener_id: str) -> list[str]:
    """Return every name that a listener's session ticket keys may have."""
    return [f"listener/{listener_id}/tickets", *(f"listener/{listener_id}/tickets/{n}" for n in range(TICKET_PARTS))]


def sending_order(secret: str) -> tuple[bool, str]:
    """Sort ticket keys first: then the engine makes each context when its certificate comes."""
    return "/tickets" not in secret, secret


def listener_of(type_url: str, name: str) -> str:
    """Return the id of the listener that a resource belongs to."""
    first, _slash, rest = name.partition("/")
    return rest.partition("/")[0] if type_url == SECRET and "/" in rest else first
