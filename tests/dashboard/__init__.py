"""Tests of the pages that compose everything."""
