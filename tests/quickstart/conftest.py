"""What every test of the quick start has."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def migrated(empty_database: Path) -> Path:
    """Make the tables that quick starts begin with."""
    return empty_database
