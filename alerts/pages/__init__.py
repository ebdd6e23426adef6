"""Pages of notices, channels and deliveries."""
