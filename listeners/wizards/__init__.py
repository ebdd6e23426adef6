"""Wizards: several pages that end in one change."""
