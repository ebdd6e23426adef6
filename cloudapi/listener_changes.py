"""Change a listener and its certificates in one operation, as the cloud's clients do."""

from dataclasses import dataclass, field
from typing import Any

from cloudapi.errors import CloudError
from cloudapi.identifiers import certificate_id
from cloudapi.operations import Call
from listeners import services


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be other: the listener's own fields, and its certificates by any identifier; None stays."""

    fields: dict[str, Any] = field(default_factory=dict)
    default: str | None = None
    mutual: bool | None = None
    authority: str | None = None


def change_listener(call: Call, listener_pk: str, change: Change) -> None:
    """Change a listener: all of it, or nothing."""
    authority = certificate_id(change.authority) if change.authority else None
    services.update_listener(call.actor, listener_pk, **change.fields)
    if change.default:
        services.change_default_certificate(call.actor, listener_pk, certificate_id=certificate_id(change.default))
    if change.mutual is not None:
        services.set_mutual_authentication(
            call.actor, listener_pk, enabled=change.mutual, ca_certificate_id=authority if change.mutual else None
        )
    elif authority:
        services.change_ca_certificate(call.actor, listener_pk, ca_certificate_id=authority)


def only_one(identifiers: list[str], code: str) -> str | None:
    """Return the one certificate that a list names, None where it names none; refuse several."""
    if len(identifiers) > 1:
        raise CloudError(code, "A listener has one default certificate and one CA certificate; name one.")
    return identifiers[0] if identifiers else None
