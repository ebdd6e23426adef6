"""Tests of the certificate repository."""
