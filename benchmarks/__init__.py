"""Benchmarks: side by side with real peers in one run, ratios and percentiles, never part of the tests."""
