"""Every write of authorities: create, issue, revoke, publish."""

from authorities.services.creating import NewAuthority, create_authority
from authorities.services.issuing import issue_bundle, issue_certificate, reissue_certificate
from authorities.services.publishing import publish_list
from authorities.services.revoking import revoke_certificate

__all__ = (
    "NewAuthority",
    "create_authority",
    "issue_bundle",
    "issue_certificate",
    "publish_list",
    "reissue_certificate",
    "revoke_certificate",
)
