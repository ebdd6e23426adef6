"""Every write of authorities: create, issue, revoke, publish."""

from authorities.services.creating import NewAuthority, create_authority
from authorities.services.issuing import issue_bundle, issue_certificate, reissue_certificate

__all__ = ("NewAuthority", "create_authority", "issue_bundle", "issue_certificate", "reissue_certificate")
