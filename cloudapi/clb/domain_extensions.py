"""Domain extensions: the further certificates of an HTTPS listener, each for one name."""

from cloudapi.clb.binding_ids import binding_id_of, extension_id
from cloudapi.clb.finding import BALANCER_ID, balancers, listener_of
from cloudapi.clb.http_listeners import shown_extensions
from cloudapi.clb.product import PRODUCT
from cloudapi.clb.regional import certificate_for_listener, clb_identifiers
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import integer, text
from listeners import services
from listeners.models import Binding
from listeners.services import DomainExtension

PORT = integer("ListenerPort", 1, 65_535, required=True)
EXTENSION_ID = text("DomainExtensionId", required=True)
_CODES = {
    "certificate.not-found": "400 InvalidParameter.ServerCertificateId",
    "regional-certificate.not-found": "400 InvalidParameter.ServerCertificateId",
    "listener.setting-not-applicable": "400 DomainExtensionNotSupport",
    "quota.exceeded": "400 DomainExtensionNumberOverLimit",
}


@PRODUCT.write(
    "CreateDomainExtension",
    BALANCER_ID,
    PORT,
    text("Domain", required=True),
    text("ServerCertificateId", required=True),
    codes=_CODES,
)
def create_domain_extension(call: Call) -> Answer:
    """Serve a certificate to clients that ask for a name."""
    listener = listener_of(call)
    known = set(listener.bindings.values_list("pk", flat=True))
    certificate_id = certificate_for_listener(call, call.given["ServerCertificateId"])
    extension = DomainExtension(call.given["Domain"], certificate_id)
    services.add_domain_extensions(call.actor, listener.pk, extensions=[extension])
    added = listener.bindings.exclude(pk__in=known).exclude(domain="").latest("pk")
    return {"DomainExtensionId": extension_id(added.pk), "ListenerPort": listener.port}


@PRODUCT.write("SetDomainExtensionAttribute", EXTENSION_ID, text("ServerCertificateId", required=True), codes=_CODES)
def set_domain_extension(call: Call) -> None:
    """Serve another certificate to clients that ask for the name."""
    binding = _binding_of(call)
    certificate_id = certificate_for_listener(call, call.given["ServerCertificateId"])
    services.change_domain_extension(
        call.actor, binding.listener_id, domain=binding.domain, certificate_id=certificate_id
    )


@PRODUCT.read("DescribeDomainExtensions", BALANCER_ID, PORT, text("DomainExtensionId"))
def describe_domain_extensions(call: Call) -> Answer:
    """List the domain extensions of a listener."""
    wanted = call.given.get("DomainExtensionId")
    shown = shown_extensions(listener_of(call, ("HTTPS",)))
    return {
        "DomainExtensions": {
            "DomainExtension": [each for each in shown if not wanted or each["DomainExtensionId"] == wanted]
        }
    }


@PRODUCT.read("DescribeDomainExtensionAttribute", EXTENSION_ID)
def describe_domain_extension(call: Call) -> Answer:
    """Show a domain extension."""
    binding = _binding_of(call)
    listener = binding.listener
    named = clb_identifiers([binding.certificate_id], listener.load_balancer.region)
    return {
        "DomainExtensionId": extension_id(binding.pk),
        "Domain": binding.domain,
        "ServerCertificateId": named.get(binding.certificate_id, ""),
        "LoadBalancerId": listener.load_balancer_id,
        "ListenerPort": listener.port,
    }


@PRODUCT.write("DeleteDomainExtension", EXTENSION_ID)
def delete_domain_extension(call: Call) -> None:
    """Serve the default certificate again to clients that ask for the name."""
    binding = _binding_of(call)
    services.remove_domain_extensions(call.actor, binding.listener_id, domains=[binding.domain])


def _binding_of(call: Call) -> Binding:
    wanted = call.given["DomainExtensionId"]
    rows = Binding.objects.select_related("listener__load_balancer").exclude(domain="")
    found = rows.filter(pk=binding_id_of(wanted), listener__load_balancer__in=balancers(call)).first()
    if found is None:
        raise call.error("InvalidParameter.DomainExtensionId", f"There is no domain extension {wanted[:80]} here.")
    return found
