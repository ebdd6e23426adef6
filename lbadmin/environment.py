"""The environment that configures lbadmin: every name, its default and its check, in one place.

Secrets may also come as ``<NAME>_FILE``, the path of a file that holds the value. ``docs/settings.md`` has the table.
"""

import hashlib
import ipaddress
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError, FileAwareEnv, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent
# A unix socket's path may have 107 bytes (unix(7)); the longest name below the runtime directory has 24.
LONGEST_RUNTIME_DIR = 80
SHORTEST_SECRET_KEY = 50
HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Environment:
    """The checked values; ``runtime_dir`` holds sockets and locks and has a short path."""

    bind: str
    data_dir: Path
    runtime_dir: Path
    sample: bool
    database: dict[str, Any]
    redis_url: str
    email: dict[str, Any]
    mail_from: str
    public_url: str
    allowed_hosts: tuple[str, ...]
    secret_key: str
    encryption_keys: tuple[str, ...]
    region: str
    drain_seconds: int


def read_environment() -> Environment:
    """Read and check every setting.

    Raises ImproperlyConfigured that names the variable, what is wrong with it and what is accepted.
    """
    env = FileAwareEnv(strip_whitespace=True)
    try:
        return _read(env)
    except EnvError as error:
        raise ImproperlyConfigured(str(error)) from None


def _read(env: FileAwareEnv) -> Environment:
    data_dir = Path(env.str("LBADMIN_DATA_DIR", str(BASE_DIR / "var"))).absolute()
    runtime_dir = _runtime_dir(data_dir)
    bind = env.str("LBADMIN_BIND", "127.0.0.1:8000", validate=_check_bind)
    public_url = env.str("LBADMIN_PUBLIC_URL", f"http://{bind}", validate=_check_http_url).rstrip("/")
    email = env.dj_email_url("EMAIL_URL", f"filemail:///{data_dir / 'mail'}")
    email["EMAIL_FILE_PATH"] = f"/{email['EMAIL_FILE_PATH']}".replace("//", "/")
    hosts: list[str] = env.list("LBADMIN_ALLOWED_HOSTS", default=[])
    return Environment(
        bind=bind,
        data_dir=data_dir,
        runtime_dir=runtime_dir,
        sample=env.bool("LBADMIN_SAMPLE", True),
        database=env.dj_db_url("DATABASE_URL", f"sqlite:///{data_dir / 'lbadmin.sqlite3'}"),
        redis_url=env.str("REDIS_URL", f"unix://{runtime_dir / 'redis.sock'}", validate=_check_redis_url),
        email=email,
        mail_from=env.str("LBADMIN_MAIL_FROM", "lbadmin@localhost", validate=validate.Email()),
        public_url=public_url,
        allowed_hosts=tuple(hosts) or _default_hosts(bind, public_url),
        secret_key=env.str("LBADMIN_SECRET_KEY", "", validate=_check_secret_key)
        or generated_secret(data_dir / "secret_key", secrets.token_urlsafe(50)),
        encryption_keys=_encryption_keys(env, data_dir),
        region=env.str("LBADMIN_REGION", "cn-hangzhou", validate=validate.Regexp(r"^[a-z0-9-]{2,64}$")),
        drain_seconds=env.int("LBADMIN_DRAIN_SECONDS", 600, validate=validate.Range(min=1, max=86_400)),
    )


def generated_secret(path: Path, value: str) -> str:
    """Return the content of ``path``; write ``value`` there first (mode 0600) if there is none yet."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and linked, so that a process starting at the same moment never reads half of it.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret") as draft:
        draft.write(value + "\n")
        draft.flush()
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return path.read_text().strip()
    return value


def _runtime_dir(data_dir: Path) -> Path:
    """Return the place for sockets: below the data directory, or a short one where that path is too long."""
    inside = data_dir / "run"
    if len(os.fsencode(inside)) <= LONGEST_RUNTIME_DIR:
        return inside
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lbadmin-{os.getuid()}-{digest}"


def _encryption_keys(env: FileAwareEnv, data_dir: Path) -> tuple[str, ...]:
    given = [key.strip() for key in env.str("LBADMIN_ENCRYPTION_KEYS", "").split(",") if key.strip()]
    keys = given or [generated_secret(data_dir / "encryption_keys", Fernet.generate_key().decode())]
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            message = "LBADMIN_ENCRYPTION_KEYS: each key must be 32 bytes in URL-safe base64, separated by commas."
            raise ImproperlyConfigured(message) from None
    return tuple(keys)


def _default_hosts(bind: str, public_url: str) -> tuple[str, ...]:
    host = bind.rpartition(":")[0].strip("[]")
    named = urlsplit(public_url).hostname or "localhost"
    return tuple(dict.fromkeys((host, named, "localhost", "127.0.0.1", "[::1]")))


def _check_bind(value: str) -> None:
    host, colon, port = value.rpartition(":")
    try:
        ipaddress.ip_address(host.strip("[]"))
        is_valid = bool(colon) and 0 < int(port) <= HIGHEST_PORT
    except ValueError:
        is_valid = False
    if not is_valid:
        message = f"“{value}” is not an IP address and a port, such as 127.0.0.1:8000."
        raise ValidationError(message)


def _check_http_url(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"“{value}” is not an http or https address, such as https://lb.example.com."
        raise ValidationError(message)


def _check_redis_url(value: str) -> None:
    if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        message = "not a redis://, rediss:// or unix:// address."  # the value may hold a password
        raise ValidationError(message)


def _check_secret_key(value: str) -> None:
    if value and len(value) < SHORTEST_SECRET_KEY:
        message = "shorter than 50 characters; leave it out to have one generated."
        raise ValidationError(message)
