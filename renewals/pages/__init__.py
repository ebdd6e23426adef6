"""Pages of renewals and of accounts with ACME servers."""
