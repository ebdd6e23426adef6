"""One transport for each kind of channel."""
