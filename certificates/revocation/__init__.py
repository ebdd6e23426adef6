"""Revocation lists (CRLs) that CA certificates carry: taken in, fetched, and what listeners do with them."""

from certificates.revocation.fetching import fetch_due, fetch_list
from certificates.revocation.services import add_list_address, carry_list, delete_list, update_list, upload_list

__all__ = ("add_list_address", "carry_list", "delete_list", "fetch_due", "fetch_list", "update_list", "upload_list")
