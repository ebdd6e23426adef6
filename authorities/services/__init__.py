"""Every write of authorities: create, renew, issue, revoke, publish."""

from authorities.services.bulk import issue_table
from authorities.services.certifying import OutsideAuthority, certify_authority
from authorities.services.changing import change_authority, delete_authority
from authorities.services.creating import NewAuthority, create_authority
from authorities.services.issuing import issue_bundle, issue_certificate, reissue_certificate
from authorities.services.publishing import publish_list
from authorities.services.renewing import RenewedAuthority, renew_authority
from authorities.services.revoking import revoke_certificate

__all__ = (
    "NewAuthority",
    "OutsideAuthority",
    "RenewedAuthority",
    "certify_authority",
    "change_authority",
    "create_authority",
    "delete_authority",
    "issue_bundle",
    "issue_certificate",
    "issue_table",
    "publish_list",
    "reissue_certificate",
    "renew_authority",
    "revoke_certificate",
)
