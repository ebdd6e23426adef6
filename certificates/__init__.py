"""The certificate repository."""
