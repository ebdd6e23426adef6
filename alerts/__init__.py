"""Tell people before anything expires."""
