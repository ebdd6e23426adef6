"""A pytest plugin: every run has an empty data directory of its own, and no setting of the machine."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

for name in [name for name in os.environ if name.startswith("LBADMIN_") or name in {"REDIS_URL", "EMAIL_URL"}]:
    del os.environ[name]
DATA_DIR = Path(tempfile.mkdtemp(prefix="lbadmin-test-"))
os.environ["LBADMIN_DATA_DIR"] = str(DATA_DIR)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)
