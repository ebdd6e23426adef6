"""Template tags of the listener pages."""
