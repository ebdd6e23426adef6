"""Start, adopt, watch and drain Envoy."""
