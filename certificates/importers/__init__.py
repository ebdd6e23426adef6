"""Certificates of other programs, read from where those keep them, as groups of files to plan."""
