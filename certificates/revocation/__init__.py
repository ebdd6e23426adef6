"""Revocation lists (CRLs) that CA certificates carry: taken in, fetched, and what listeners do with them."""

from certificates.revocation.services import carry_list

__all__ = ("carry_list",)
