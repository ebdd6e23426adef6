"""Pages that compose what the layers below know."""
