"""Load balancers, listeners and server groups."""
