"""The ledger of notices: kept as the sources and the rules have it."""
