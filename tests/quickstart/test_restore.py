"""A backup that is taken while everything runs and restored as docs/production.md says serves the same certificate."""

import shutil
import sqlite3
import ssl
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.postgresql import postgresql_cluster, program
from tests.quickstart.running import QuickStart, quick_start

REFUSED = "lbadmin does not start. LBADMIN_ENCRYPTION_KEYS: none of these keys opens what is sealed in the database"

LOST = "lbadmin does not start. LBADMIN_ENCRYPTION_KEYS: not set, and there is no “"


def files_of(directory: Path) -> set[str]:
    return {str(path) for path in directory.rglob("*")}


def served(run: QuickStart) -> str:
    return ssl.get_server_certificate(("127.0.0.1", run.sample_port))


def save_files(run: QuickStart, backup: Path) -> None:
    backup.mkdir(exist_ok=True)
    shutil.copytree(run.data_dir / "sample", backup / "sample")
    for name in ("encryption_keys", "secret_key"):
        shutil.copy(run.data_dir / name, backup / name)


def restore_and_serve(run: QuickStart, backup: Path, expected: str, content: Callable[[], str]) -> None:
    """Start on the restored database in an emptied data directory: without keys, with a wrong one, with the right."""
    shutil.rmtree(run.data_dir / "nodes")
    for name in ("encryption_keys", "secret_key"):
        (run.data_dir / name).unlink()
    before, files = content(), files_of(run.data_dir)
    assert run.run_to_end() == 2
    assert LOST in run.output
    assert "Nothing was changed." in run.output
    assert run.processes() == {}
    assert (content(), files_of(run.data_dir)) == (before, files)

    (run.data_dir / "encryption_keys").write_bytes(Fernet.generate_key())
    assert run.run_to_end() == 1
    assert REFUSED in run.output
    assert run.processes() == {}
    assert content() == before

    shutil.copytree(backup, run.data_dir, dirs_exist_ok=True)
    run.start()
    assert served(run) == expected
    assert run.get_sample().status_code == 200
    assert run.stop() == 0


@pytest.mark.conformance
def test_sqlite_is_restored_with_its_keys(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    with quick_start(tmp_path) as run:
        database = run.data_dir / "lbadmin.sqlite3"
        run.start()
        expected = served(run)
        save_files(run, backup)
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(backup / database.name)) as copy:
            source.backup(copy)
        assert run.stop() == 0
        shutil.rmtree(run.data_dir)
        shutil.copytree(backup, run.data_dir)
        (run.data_dir / "nodes").mkdir()

        def content() -> str:
            with closing(sqlite3.connect(database)) as source:
                return "\n".join(source.iterdump())

        restore_and_serve(run, backup, expected, content)


@pytest.mark.conformance
def test_postgresql_is_restored_with_its_keys(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    with postgresql_cluster() as url, quick_start(tmp_path, DATABASE_URL=url) as run:
        run.start()
        expected = served(run)
        save_files(run, backup)
        dump = tmp_path / "lbadmin.dump"
        _call("pg_dump", "--format=custom", f"--file={dump}", url)
        assert run.stop() == 0
        target = url.removesuffix("postgres") + "restored"
        _call("psql", url, "--command=CREATE DATABASE restored")
        _call("pg_restore", "--clean", "--if-exists", "--single-transaction", f"--dbname={target}", str(dump))
        run.settings["DATABASE_URL"] = target

        def content() -> str:
            lines = _call("pg_dump", target).splitlines()
            return "\n".join(line for line in lines if not line.startswith("\\"))  # a random word in each dump

        restore_and_serve(run, backup, expected, content)


def _call(name: str, *arguments: str) -> str:
    return subprocess.run([program(name), *arguments], check=True, capture_output=True, text=True).stdout
