"""Manifests: load balancers and what hangs on them, declared in a file."""
