"""Certificates of ALB's listeners."""

from cloudapi.alb.listeners import LISTENER_ID, UPDATE, listener_of
from cloudapi.alb.product import ALB
from cloudapi.errors import CloudError
from cloudapi.identifiers import certificate_ids, listener_identifier, rows_for
from cloudapi.lists import page, paging, with_ids
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import structs, text, texts
from listeners import services
from listeners.models import Binding, Listener
from listeners.products import ENCRYPTED

_CERTIFICATES = structs("Certificates", text("CertificateId", required=True), required=True, most=15)


def _encrypted(call: Call) -> Listener:
    listener = listener_of(call)
    if listener.protocol not in ENCRYPTED:
        raise CloudError("OperationDenied.HttpListenerNotSupport", "An HTTP listener has no certificates.")
    return listener


def _wanted(call: Call) -> list[str]:
    return list(certificate_ids(each["CertificateId"] for each in call.given["Certificates"]).values())


@ALB.write("AssociateAdditionalCertificatesWithListener", LISTENER_ID, _CERTIFICATES, job=UPDATE)
def associate(call: Call) -> None:
    """Add certificates that are chosen by the name a client asks for: all of them, or none."""
    services.add_additional_certificates(call.actor, _encrypted(call).pk, certificate_ids=_wanted(call))


@ALB.write("DissociateAdditionalCertificatesFromListener", LISTENER_ID, _CERTIFICATES, job=UPDATE)
def dissociate(call: Call) -> None:
    """Take additional certificates off a listener: all of them, or none."""
    services.remove_additional_certificates(call.actor, _encrypted(call).pk, certificate_ids=_wanted(call))


@ALB.read(
    "ListListenerCertificates",
    LISTENER_ID,
    text("CertificateType", choices=("Server", "Ca")),
    texts("CertificateIds", most=20),
    *paging(),
)
def list_certificates(call: Call) -> Answer:
    """List the certificates of a listener, oldest binding first."""
    listener = _encrypted(call)
    rows = Binding.objects.filter(listener=listener).select_related("certificate")
    kind = call.given.get("CertificateType", "")
    if kind:
        rows = rows.filter(role=Binding.Role.CA) if kind == "Ca" else rows.exclude(role=Binding.Role.CA)
    rows = with_ids(rows, "certificate_id", list(certificate_ids(call.given.get("CertificateIds", ())).values()))
    found, told = page(call, rows, ("id",))
    numbers = rows_for(binding.certificate_id for binding in found)
    region = listener.load_balancer.region
    listed = [
        {
            "CertificateId": listener_identifier(binding.certificate, numbers[binding.certificate_id], region),
            "IsDefault": binding.role == Binding.Role.DEFAULT,
            "Status": "Associated",
            "CertificateType": "Ca" if binding.role == Binding.Role.CA else "Server",
        }
        for binding in found
    ]
    return {"Certificates": listed, **told}
