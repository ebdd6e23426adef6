"""Which settings a listener has beside its certificates, by its load balancer's product and its protocol. Pure."""

from listeners import legality

_EVERY = frozenset({"name", "idle_timeout_seconds"})


def settings_of(product: str, protocol: str) -> frozenset[str]:
    """Return the names of what can be set of a listener; what is not there does not apply."""
    return _EVERY | legality.settings_of(product, protocol)
