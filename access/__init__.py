"""Users, tokens, and who is behind a request."""
