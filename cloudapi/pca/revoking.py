"""Revocation of server and client certificates."""

from authorities.services import revoke_certificate
from cloudapi.operations import Call
from cloudapi.pca import finding
from cloudapi.pca.authorities import IDENTIFIER
from cloudapi.pca.product import PCA


@PCA.write("CreateRevokeClientCertificate", IDENTIFIER)
def revoke(call: Call) -> None:
    """Revoke a certificate for good: the authority's next list names it at once, and listeners refuse its holder."""
    _one, issued = finding.leaf_named(call, call.given["Identifier"])
    revoke_certificate(call.actor, issued.authority_id, issued.serial, reason="unspecified")
