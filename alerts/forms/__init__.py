"""Forms of the alerts pages."""
