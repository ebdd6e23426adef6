"""Private certificate authorities: what they issue and revoke, and collections of CA certificates."""
