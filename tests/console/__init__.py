"""Tests of the console layer."""
