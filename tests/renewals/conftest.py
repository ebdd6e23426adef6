"""What the tests of renewals share."""

from collections.abc import Iterator

import pytest

from tests.renewals.pebble import Pebble, running_pebble


@pytest.fixture(scope="session")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    """One Pebble for the session."""
    with running_pebble(tmp_path_factory.mktemp("pebble")) as server:
        yield server
