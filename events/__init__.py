"""The change feed and the ledger of notices."""
