"""Speak with ACME servers (RFC 8555): bounded requests, orders that go on after a crash, problems in words."""
