"""Rows in, resources out."""
