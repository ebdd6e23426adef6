"""Revocation lists (CRLs) that CA certificates carry: taken in, fetched, and what listeners do with them."""
