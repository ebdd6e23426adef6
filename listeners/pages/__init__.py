"""Pages of load balancers, listeners and server groups."""
