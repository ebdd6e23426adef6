"""Time travel: the messages of another day."""
