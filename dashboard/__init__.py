"""Pages that compose everything."""
