"""Tests of a real browser."""
