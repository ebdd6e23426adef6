"""The lowest layer: errors, tables, template tags; no models."""
