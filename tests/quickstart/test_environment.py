"""The environment: defaults, checks by name, and the table that documents it."""

import os
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from certificates.keys import sealed_columns
from lbadmin.environment import BASE_DIR, read_environment
from lbadmin.quickstart import programs
from lbadmin.quickstart.child import child_environment
from lbadmin.sealed import SEALED_COLUMNS

FERNET_KEY = "dGhpcnR5LXR3byBieXRlcywgbm8gc2VjcmV0OiAzMiE="
NAMES_IN_CODE = set(
    re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (BASE_DIR / "lbadmin" / "environment.py").read_text(encoding="utf-8"))
)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("LBADMIN_") or name.endswith("_URL"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LBADMIN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_nothing_needs_to_be_configured(data_dir: Path) -> None:
    found = read_environment()
    assert found.bind == "127.0.0.1:8000"
    assert found.public_url == "http://127.0.0.1:8000"
    assert found.database["NAME"] == str(data_dir / "lbadmin.sqlite3")
    assert found.email["EMAIL_FILE_PATH"] == str(data_dir / "mail")
    assert found.sample is True


def test_secrets_are_generated_once_for_the_owner_alone(data_dir: Path) -> None:
    first, second = read_environment(), read_environment()
    assert first.secret_key == second.secret_key
    assert first.encryption_keys == second.encryption_keys
    for name in ("secret_key", "encryption_keys"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


def test_the_database_is_for_its_owner_alone_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "open.sqlite3"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    before = os.umask(0o022)
    try:
        read_environment()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_do_not_show_when_the_settings_are_printed() -> None:
    found = read_environment()
    assert found.secret_key not in repr(found)
    assert found.encryption_keys[0] not in repr(found)


def test_a_secret_may_come_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("k" * 60 + "\n")
    monkeypatch.setenv("LBADMIN_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert read_environment().secret_key == "k" * 60


def test_a_kept_secret_that_is_damaged_is_refused_by_the_name_of_its_setting(data_dir: Path) -> None:
    read_environment()
    for name in ("secret_key", "encryption_keys"):
        path = data_dir / name
        kept = path.read_text()
        path.write_text("")
        with pytest.raises(ImproperlyConfigured, match=f"^LBADMIN_{name.upper()}, kept in “{path}”: "):
            read_environment()
        assert path.read_text() == ""
        path.write_text(kept)
    read_environment()


def test_the_kept_file_takes_a_new_key_before_the_old_one(data_dir: Path) -> None:
    old = read_environment().encryption_keys[0]
    (data_dir / "encryption_keys").write_text(f"{FERNET_KEY}, {old}\n")
    assert read_environment().encryption_keys == (FERNET_KEY, old)


def test_no_key_is_made_for_a_database_that_lost_keys_have_sealed(data_dir: Path) -> None:
    database = Path(str(read_environment().database["NAME"]))
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "CREATE TABLE listeners_ticketkey (token BLOB); CREATE TABLE alerts_channel (sealed_secret BLOB);"
            "INSERT INTO alerts_channel VALUES (NULL);"
        )
    read_environment()
    kept = (data_dir / "encryption_keys").read_text()
    for name in ("encryption_keys", "secret_key"):
        (data_dir / name).unlink()
    read_environment()  # nothing is sealed: a new key does no harm
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO listeners_ticketkey VALUES (x'00')")
    for name in ("encryption_keys", "secret_key"):
        (data_dir / name).unlink()
    before = {path.name: path.read_bytes() for path in data_dir.iterdir()}
    with pytest.raises(ImproperlyConfigured, match=r"^LBADMIN_ENCRYPTION_KEYS: .*\(listeners_ticketkey\.token\)"):
        read_environment()
    assert {path.name: path.read_bytes() for path in data_dir.iterdir()} == before
    (data_dir / "encryption_keys").write_text(kept)
    assert read_environment().encryption_keys == (kept.strip(),)


def test_every_sealed_column_counts_before_a_key_is_made() -> None:
    registered = {(apps.get_model(model)._meta, field) for model, field in sealed_columns()}  # noqa: SLF001
    assert {(meta.db_table, meta.get_field(field).column) for meta, field in registered} == set(SEALED_COLUMNS)


WRONG = [
    ("LBADMIN_BIND", "localhost:80"),
    ("LBADMIN_BIND", "::1:80"),
    ("LBADMIN_BIND", "127.0.0.1:0"),
    ("LBADMIN_BIND", "127.0.0.1:65536"),
    ("LBADMIN_BIND", ""),
    ("LBADMIN_DATA_DIR", "/proc/none"),
    ("LBADMIN_SAMPLE", "maybe"),
    ("LBADMIN_SAMPLE_PORT", "0"),
    ("LBADMIN_PUBLIC_URL", "foo"),
    ("LBADMIN_PUBLIC_URL", "https://host:99999"),
    ("LBADMIN_STATUS_URL", "ldap://host"),
    ("LBADMIN_STATUS_URL", "http://host/pki"),
    ("LBADMIN_ALLOWED_HOSTS", "http://host"),
    ("LBADMIN_MAIL_FROM", "nobody"),
    ("LBADMIN_SECRET_KEY", "short"),
    ("LBADMIN_SECRET_KEY_FILE", "/proc/none"),
    ("LBADMIN_ENCRYPTION_KEYS", "short"),
    ("LBADMIN_ENCRYPTION_KEYS", f"{FERNET_KEY}\n{FERNET_KEY}"),
    ("LBADMIN_ENCRYPTION_KEYS", f"{FERNET_KEY},"),
    ("LBADMIN_ENCRYPTION_KEYS_FILE", "/dev/null"),
    ("LBADMIN_REGION", "Two Words"),
    ("LBADMIN_DRAIN_SECONDS", "0"),
    ("LBADMIN_DRAIN_SECONDS", "ten"),
    ("DATABASE_URL", "foo"),
    ("DATABASE_URL", "mysql://u:hidden@host/name"),
    ("DATABASE_URL", "postgresql://u:hidden@host"),
    ("DATABASE_URL", "sqlite://:memory:"),
    ("DATABASE_URL", "sqlite:////proc/none/database"),
    ("REDIS_URL", "foo"),
    ("REDIS_URL", "unix://"),
    ("REDIS_URL", "http://u:hidden@host"),
    ("EMAIL_URL", "foo"),
    ("EMAIL_URL", "smtp://"),
    ("EMAIL_URL", "smtp://u:hidden@host:0x"),
    ("EMAIL_URL", "file://relative"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_by_its_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=rf"^{name}: \S") as refused:
        read_environment()
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://mail.test", 25, False, False),
        ("submission://user:p%40ss@mail.test", 587, True, False),
        ("smtps://mail.test:4465", 4465, False, True),
    ],
)
def test_mail_goes_to_the_server_that_the_address_names(
    url: str, port: int, starttls: bool, tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    email = read_environment().email
    assert email["EMAIL_HOST"] == "mail.test"
    assert (email["EMAIL_PORT"], email["EMAIL_USE_TLS"], email["EMAIL_USE_SSL"]) == (port, starttls, tls)
    assert email["EMAIL_HOST_PASSWORD"] == ("p@ss" if "@ss" in url or "%40" in url else "")


def test_programs_that_are_no_part_of_lbadmin_are_told_no_secret(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = read_environment()
    for name in ("LBADMIN_ENCRYPTION_KEYS", "LBADMIN_SECRET_KEY_FILE", "DATABASE_URL", "EMAIL_URL", "REDIS_URL_FILE"):
        monkeypatch.setenv(name, "secret")
    assert child_environment(programs.console())["LBADMIN_ENCRYPTION_KEYS"] == "secret"
    for program in (programs.redis(environment), programs.sample_backend(20_000)):
        assert "secret" not in child_environment(program).values()


def test_mail_can_go_to_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "console:")
    assert read_environment().email["EMAIL_BACKEND"].endswith("console.EmailBackend")


def test_sockets_of_a_deep_data_directory_lie_in_a_short_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LBADMIN_DATA_DIR", str(tmp_path / ("deep" * 30)))
    assert len(str(read_environment().runtime_dir / "redis.sock")) < 108


def test_an_ipv6_console_is_allowed_by_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LBADMIN_BIND", "[::1]:8000")
    found = read_environment()
    assert found.public_url == "http://[::1]:8000"
    assert "[::1]" in found.allowed_hosts


def test_this_machine_may_always_ask_whatever_hosts_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LBADMIN_ALLOWED_HOSTS", "lb.example.com")
    assert read_environment().allowed_hosts == ("lb.example.com", "localhost", "127.0.0.1", "[::1]")


def test_the_host_that_certificates_name_is_always_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LBADMIN_PUBLIC_URL", "https://lb.example.com")
    monkeypatch.setenv("LBADMIN_ALLOWED_HOSTS", "lb.example.com")
    assert read_environment().status_url == "https://lb.example.com"
    monkeypatch.setenv("LBADMIN_STATUS_URL", "http://[2001:db8::1]:8080/")
    found = read_environment()
    assert found.status_url == "http://[2001:db8::1]:8080"
    assert "[2001:db8::1]" in found.allowed_hosts


def test_the_table_of_settings_and_the_code_agree() -> None:
    table = (BASE_DIR / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == NAMES_IN_CODE


def test_the_table_of_settings_tells_the_defaults() -> None:
    table = (BASE_DIR / "docs" / "settings.md").read_text(encoding="utf-8")
    found = read_environment()
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]*)` \|", table, re.MULTILINE))
    assert rows["LBADMIN_BIND"] == found.bind
    assert rows["LBADMIN_SAMPLE_PORT"] == str(found.sample_port)
    assert rows["LBADMIN_REGION"] == found.region
    assert rows["LBADMIN_DRAIN_SECONDS"] == str(found.drain_seconds)
    assert rows["LBADMIN_MAIL_FROM"] == found.mail_from
