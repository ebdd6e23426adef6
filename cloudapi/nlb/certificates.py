"""Certificates of NLB's listeners."""

from cloudapi.errors import CloudError
from cloudapi.identifiers import certificate_ids, listener_identifier, rows_for
from cloudapi.lists import page, paging, with_ids
from cloudapi.nlb.listeners import LISTENER_ID, UPDATE, listener_of
from cloudapi.nlb.product import NLB
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import text, texts
from listeners import services
from listeners.models import Binding, Listener
from listeners.products import ENCRYPTED

_IDS = texts("AdditionalCertificateIds", required=True, most=15)
# An existing certificate that the listener does not have, and one that does not exist, differ to clients.
_PROTOCOL = {"listener.setting-not-applicable": "400 OperationDenied.Protocol"}


def encrypted(call: Call) -> Listener:
    """Return the listener that a request names; refuse one that has no certificates."""
    listener = listener_of(call)
    if listener.protocol not in ENCRYPTED:
        raise CloudError("OperationDenied.Protocol", f"A {listener.protocol} listener has no certificates.")
    return listener


@NLB.write("AssociateAdditionalCertificatesWithListener", LISTENER_ID, _IDS, job=UPDATE, codes=_PROTOCOL)
def associate(call: Call) -> None:
    """Add certificates that are chosen by the name a client asks for: all of them, or none."""
    listener = encrypted(call)
    wanted = certificate_ids(call.given["AdditionalCertificateIds"])
    services.add_additional_certificates(call.actor, listener.pk, certificate_ids=list(wanted.values()))


@NLB.write("DisassociateAdditionalCertificatesWithListener", LISTENER_ID, _IDS, job=UPDATE, codes=_PROTOCOL)
def disassociate(call: Call) -> None:
    """Take additional certificates off a listener: all of them, or none."""
    listener = encrypted(call)
    named = certificate_ids(call.given["AdditionalCertificateIds"])
    services.remove_additional_certificates(call.actor, listener.pk, certificate_ids=list(named.values()))


@NLB.read(
    "ListListenerCertificates",
    LISTENER_ID,
    text("CertType", choices=("Server", "Ca")),
    texts("CertificateIds", most=100),
    *paging(50),
)
def list_certificates(call: Call) -> Answer:
    """List the certificates of a listener, oldest binding first."""
    listener = encrypted(call)
    rows = Binding.objects.filter(listener=listener).select_related("certificate")
    kind = call.given.get("CertType", "")
    if kind:
        rows = rows.filter(role=Binding.Role.CA) if kind == "Ca" else rows.exclude(role=Binding.Role.CA)
    rows = with_ids(rows, "certificate_id", list(certificate_ids(call.given.get("CertificateIds", ())).values()))
    found, told = page(call, rows, ("id",))
    numbers = rows_for(binding.certificate_id for binding in found)
    listed = [
        {
            "CertificateId": listener_identifier(
                binding.certificate, numbers[binding.certificate_id], listener.load_balancer.region
            ),
            "IsDefault": binding.role == Binding.Role.DEFAULT,
            "Status": "Associated",
            "CertificateType": "Ca" if binding.role == Binding.Role.CA else "Server",
        }
        for binding in found
    ]
    return {"CertificateIds": [each["CertificateId"] for each in listed], "Certificates": listed, **told}
