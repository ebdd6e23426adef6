"""Pages of the certificate repository."""
