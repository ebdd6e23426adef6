"""Forwarding rules: what they match, what they do, and which one answers. Pure: no database, no engine."""
