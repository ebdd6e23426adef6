"""A pytest plugin: every run has an empty data directory of its own, and no setting of the machine.

``DATABASE_URL`` alone is kept: ``python -m tests.postgresql COMMAND`` sets it to run tests on PostgreSQL.
"""

import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest

FOREIGN = {"REDIS_URL", "REDIS_URL_FILE", "EMAIL_URL", "EMAIL_URL_FILE", "DATABASE_URL_FILE"}
for name in [name for name in os.environ if name.startswith("LBADMIN_") or name in FOREIGN]:
    del os.environ[name]
DATA_DIR = Path(tempfile.mkdtemp(prefix="lbadmin-test-"))
(DATA_DIR / "static").mkdir()  # WhiteNoise warns without it
os.environ["LBADMIN_DATA_DIR"] = str(DATA_DIR)
# Of the run's first process; its workers inherit where it is.
SHARED_DIR = Path(os.environ.setdefault("TESTS_SHARED_DIR", str(DATA_DIR)))
MIGRATED = SHARED_DIR / "migrated.sqlite3"  # see the fixture ``empty_database``


# Imports and collected tests stay; to look for garbage among them costs every worker seconds.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)
