"""The names of resources: what the engine asks for by name, and whose part each is."""

from dataplane.snapshot import AUTHORITY, DEFAULT, Slot

XDS_CLUSTER = "xds"  # the cluster of the engine's start configuration that leads to the node

_TYPE = "type.googleapis.com/"
CLUSTER = _TYPE + "envoy.config.cluster.v3.Cluster"
ENDPOINTS = _TYPE + "envoy.config.endpoint.v3.ClusterLoadAssignment"
LISTENER = _TYPE + "envoy.config.listener.v3.Listener"
SECRET = _TYPE + "envoy.extensions.transport_sockets.tls.v3.Secret"

_PLACES = {DEFAULT: "default", AUTHORITY: "ca"}  # the others are named by their binding


def slot_secret(listener_id: str, slot: Slot) -> str:
    """Return the name of the secret in ``slot``.

    It depends on the slot alone, never on the certificate in it: any other certificate, of whatever key, is then a
    new content under the same name, which the engine takes without touching a connection.
    """
    return f"listener/{listener_id}/{_PLACES.get(slot.role) or slot.binding_id}"


def challenge_secret(listener_id: str, challenge_id: int) -> str:
    """Return the name of the certificate by which a listener answers an ACME server."""
    return f"listener/{listener_id}/acme-{challenge_id}"


def ticket_secret(listener_id: str) -> str:
    """Return the name of the listener's session ticket keys."""
    return f"listener/{listener_id}/tickets"


def listener_of(type_url: str, name: str) -> str:
    """Return the id of the listener that a resource belongs to."""
    return name.split("/")[1] if type_url == SECRET and name.count("/") > 1 else name
