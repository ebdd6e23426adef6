"""Listeners of NLB."""

from cloudapi.identifiers import listener_identifier, rows_for
from cloudapi.nlb.product import NLB
from cloudapi.operations import Answer, Call, JobKind
from cloudapi.wire.fields import text
from listeners import selectors, services
from listeners.models import Listener

LISTENER_ID = text("ListenerId", required=True)
UPDATE = JobKind("listener", "ListenerId", "Update")


def listener_pk(listener_id: str) -> str:
    """Return our id of ``lsn-…@443``."""
    return listener_id.partition("@")[0]


def listener_id(listener: Listener) -> str:
    """Return the id that this product gives a listener."""
    return f"{listener.pk}@{listener.port}"


@NLB.read("GetListenerAttribute", LISTENER_ID)
def get_listener(call: Call) -> Answer:
    """Show a listener."""
    listener = selectors.listener_by_id(listener_pk(call.given["ListenerId"]))
    bindings = listener.single_bindings
    numbers = rows_for(binding.certificate_id for binding in bindings)
    named = {
        binding.role: listener_identifier(
            binding.certificate, numbers[binding.certificate_id], listener.load_balancer.region
        )
        for binding in bindings
    }
    return {
        "ListenerId": listener_id(listener),
        "ListenerPort": listener.port,
        "CertificateIds": [named["default"]] if "default" in named else [],
    }


@NLB.write("StartListener", LISTENER_ID, job=UPDATE)
def start_listener(call: Call) -> None:
    """Have the listener accept connections."""
    services.start_listener(call.actor, listener_pk(call.given["ListenerId"]))
