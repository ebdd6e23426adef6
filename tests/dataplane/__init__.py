"""Tests of the way from the database to the engine."""
