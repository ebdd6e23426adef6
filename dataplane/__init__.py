"""From the database to Envoy."""
