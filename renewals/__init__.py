"""Renewal: certificates that are ordered and renewed by themselves, by ACME or a private authority."""
