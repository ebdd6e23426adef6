"""The environment that configures lbadmin: every name, its default and its check, in one place.

Each may also come as ``<NAME>_FILE``, the path of a file that holds the value. ``docs/settings.md`` has the table.
"""

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError, FileAwareEnv, ValidationError, validate

from lbadmin import values
from lbadmin.sealed import sealed_columns_in

BASE_DIR = Path(__file__).resolve().parent.parent
# A unix socket's path may have 107 bytes (unix(7)); the longest name below the runtime directory has 24.
LONGEST_RUNTIME_DIR = 80
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Environment:
    """The checked values; ``runtime_dir`` holds sockets and locks and has a short path."""

    bind: str
    data_dir: Path
    runtime_dir: Path
    sample: bool
    sample_port: int
    database: dict[str, Any] = field(repr=False)
    redis_url: str = field(repr=False)
    email: dict[str, Any] = field(repr=False)
    mail_from: str
    public_url: str
    status_url: str
    allowed_hosts: tuple[str, ...]
    admin_password: str = field(repr=False)
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    key_export: bool
    cloud_keys: bool
    clb_custom_policies: bool
    region: str
    drain_seconds: int
    rest_requests_per_minute: int
    cloud_requests_per_minute: int


def read_environment() -> Environment:
    """Read and check every setting; make the data directory and the secrets that are not given.

    Raises ImproperlyConfigured that names the variable, what is wrong with it and what is accepted.
    """
    _check_files()
    try:
        return _read(FileAwareEnv(strip_whitespace=True))
    except EnvError as error:
        message = re.sub(r'^Environment variable "(\w+)" invalid: ', r"\1: ", str(error))
        raise ImproperlyConfigured(re.sub(r"\[(['\"])(.*)\1\]$", r"\2", message)) from None


def _read(env: FileAwareEnv) -> Environment:
    data_dir = _data_dir(env.str("LBADMIN_DATA_DIR", str(BASE_DIR / "var")))
    runtime_dir = _runtime_dir(data_dir)
    bind = env.str("LBADMIN_BIND", "127.0.0.1:8000", validate=values.parse_bind)
    public_url = env.str("LBADMIN_PUBLIC_URL", f"http://{bind}", validate=values.check_http_url).rstrip("/")
    status_url = env.str("LBADMIN_STATUS_URL", public_url, validate=values.check_http_url).rstrip("/")
    hosts: list[str] = env.list("LBADMIN_ALLOWED_HOSTS", default=[], validate=values.check_hosts)
    database_file = f"sqlite:///{quote(str(data_dir / 'lbadmin.sqlite3'))}"
    database_url = env.str("DATABASE_URL", database_file, validate=values.database_settings)
    database = _private_database(values.database_settings(database_url))
    # First of all that writes a secret: where it refuses, nothing has been changed.
    encryption_keys = _encryption_keys(env, data_dir, database)
    email_url = env.str("EMAIL_URL", f"file://{quote(str(data_dir / 'mail'))}", validate=values.email_settings)
    return Environment(
        bind=bind,
        data_dir=data_dir,
        runtime_dir=runtime_dir,
        sample=env.bool("LBADMIN_SAMPLE", True),
        sample_port=env.int("LBADMIN_SAMPLE_PORT", 8443, validate=validate.Range(1, values.HIGHEST_PORT)),
        database=database,
        redis_url=env.str("REDIS_URL", f"unix://{runtime_dir / 'redis.sock'}", validate=values.check_redis_url),
        email=values.email_settings(email_url),
        mail_from=env.str("LBADMIN_MAIL_FROM", "lbadmin@localhost", validate=validate.Email()),
        public_url=public_url,
        status_url=status_url,
        allowed_hosts=_allowed_hosts(hosts, bind, public_url, status_url),
        admin_password=env.str("LBADMIN_ADMIN_PASSWORD", ""),
        secret_key=_secret_key(env, data_dir),
        encryption_keys=encryption_keys,
        key_export=env.bool("LBADMIN_KEY_EXPORT", True),
        cloud_keys=env.bool("LBADMIN_CLOUD_KEYS", False),
        clb_custom_policies=env.bool("LBADMIN_CLB_CUSTOM_POLICIES", False),
        region=env.str("LBADMIN_REGION", "cn-hangzhou", validate=values.check_region),
        drain_seconds=env.int("LBADMIN_DRAIN_SECONDS", 600, validate=validate.Range(min=1, max=86_400)),
        rest_requests_per_minute=env.int("LBADMIN_REST_REQUESTS_PER_MINUTE", 6000, validate=validate.Range(min=0)),
        cloud_requests_per_minute=env.int("LBADMIN_CLOUD_REQUESTS_PER_MINUTE", 6000, validate=validate.Range(min=0)),
    )


def is_setting(name: str) -> bool:
    """Whether a variable of the environment is one of lbadmin's; many of them are secret."""
    return name.startswith("LBADMIN_") or name.removesuffix("_FILE") in {"DATABASE_URL", "REDIS_URL", "EMAIL_URL"}


def generated_secret(path: Path, value: str) -> str:
    """Return the content of ``path``; write ``value`` there first (mode 0600) if there is none yet."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and linked, so that a process starting at the same moment never reads half of it.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret") as draft:
        draft.write(value + "\n")
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return path.read_text().strip()
    return value


def _check_files() -> None:
    """Refuse a ``<NAME>_FILE`` that cannot be read or has nothing in it, by its name."""
    for name, path in os.environ.items():
        if is_setting(name) and name.endswith("_FILE") and not _text_of(name, path).strip():
            raise ImproperlyConfigured(f"{name}: the file “{path}” is empty.")


def _text_of(name: str, path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise ImproperlyConfigured(f"{name}: the file “{path}” cannot be read: {reason}.") from None


def _data_dir(value: str) -> Path:
    """Make the data directory; only its owner may look inside."""
    path = Path(value).absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        message = f"LBADMIN_DATA_DIR: “{path}” cannot be written: {error.strerror}."
        raise ImproperlyConfigured(message) from None


def _private_database(options: dict[str, Any]) -> dict[str, Any]:
    """Make the file of an SQLite database for its owner alone; SQLite makes -wal and -shm like it."""
    if options["ENGINE"].endswith("sqlite3"):
        try:
            os.close(os.open(options["NAME"], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            message = f"DATABASE_URL: “{options['NAME']}” cannot be opened: {error.strerror}."
            raise ImproperlyConfigured(message) from None
    return options


def _runtime_dir(data_dir: Path) -> Path:
    """Return the place for sockets: below the data directory, or a short one where that path is too long."""
    inside = data_dir / "run"
    if len(os.fsencode(inside)) <= LONGEST_RUNTIME_DIR:
        return inside
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lbadmin-{os.getuid()}-{digest}"


def _secret_key(env: FileAwareEnv, data_dir: Path) -> str:
    given = env.str("LBADMIN_SECRET_KEY", "", validate=values.check_secret_key)
    if given:
        return given
    path = data_dir / "secret_key"
    kept = generated_secret(path, secrets.token_urlsafe(50))
    with _naming("LBADMIN_SECRET_KEY", path):
        values.check_secret_key(kept or "empty")
    return kept


def _encryption_keys(env: FileAwareEnv, data_dir: Path, database: dict[str, Any]) -> tuple[str, ...]:
    given: list[str] = env.list("LBADMIN_ENCRYPTION_KEYS", default=[], validate=values.check_encryption_keys)
    if not given:
        path = data_dir / "encryption_keys"
        _refuse_lost_keys(path, database)
        given = generated_secret(path, Fernet.generate_key().decode()).split(",")
        with _naming("LBADMIN_ENCRYPTION_KEYS", path):
            values.check_encryption_keys(given)
    return tuple(key.strip() for key in given)


def _refuse_lost_keys(path: Path, database: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured where a key would be made for a database that other keys have sealed."""
    if path.exists():
        return
    sealed = sealed_columns_in(database)
    if sealed and not path.exists():  # another process may have made it meanwhile, and used it
        raise ImproperlyConfigured(
            f"LBADMIN_ENCRYPTION_KEYS: not set, and there is no “{path}”, but the database holds what was sealed with"
            f" such keys ({', '.join(sealed)}). Put back the keys that were in use with this database."
            " Nothing was changed."
        )


@contextmanager
def _naming(name: str, path: Path) -> Iterator[None]:
    """Have an error in a generated file name the setting that the file stands for, and the file."""
    try:
        yield
    except ValidationError as error:
        raise ImproperlyConfigured(f"{name}, kept in “{path}”: {error.messages[0]}") from None


def _allowed_hosts(given: list[str], bind: str, public_url: str, status_url: str) -> tuple[str, ...]:
    """Return the named hosts, or those of the console's addresses; this machine may always ask, for its health."""
    host = bind.rpartition(":")[0]
    named = given or [host, _host_of(public_url)]
    # Issued certificates name it for years: clients must be answered there whatever else is allowed.
    return tuple(
        dict.fromkeys((*named, *([] if status_url == public_url else [_host_of(status_url)]), *LOOPBACK_HOSTS))
    )


def _host_of(url: str) -> str:
    """Return the host of an address as Django's list of hosts spells it."""
    host = urlsplit(url).hostname or "localhost"
    return f"[{host}]" if ":" in host else host
