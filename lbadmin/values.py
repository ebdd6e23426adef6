"""Check and parse single values of the environment; each error says what is accepted and repeats no secret."""

import ipaddress
import re
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import dj_database_url
from environs import ValidationError

SHORTEST_SECRET_KEY = 50
HIGHEST_PORT = 65_535
DATABASE_ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}
_FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"\*|\.?{_LABEL}(\.{_LABEL})*", re.IGNORECASE)
# scheme: (default port, STARTTLS, TLS from the first byte)
_MAIL_SERVERS = {"smtp": (25, False, False), "submission": (587, True, False), "smtps": (465, False, True)}
_MAIL_FORMS = "smtp://HOST, submission://USER:PASSWORD@HOST, smtps://USER:PASSWORD@HOST, file:///DIRECTORY or console:"


def parse_bind(value: str) -> tuple[str, int]:
    """Split ``address:port``; an IPv6 address stands in brackets. Raises ValidationError."""
    host, _, port = value.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    address = host[1:-1] if is_bracketed else host
    try:
        is_valid = (ipaddress.ip_address(address).version == 6) is is_bracketed  # noqa: PLR2004 - IPv6
        number = int(port)
    except ValueError:
        is_valid, number = False, 0
    if not is_valid or not 0 < number <= HIGHEST_PORT:
        raise ValidationError(f"“{value}” is not an IP address and a port, such as 127.0.0.1:8000 or [::1]:8000.")
    return address, number


def check_http_url(value: str) -> None:
    """Accept ``http://host`` and ``https://host``, with a port if need be and without anything behind it."""
    parts = _split(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValidationError(f"“{value}” is not an http or https address, such as https://lb.example.com.")


def check_redis_url(value: str) -> None:
    """Accept ``redis://host``, ``rediss://host`` and ``unix:///path``."""
    parts = _split(value)
    is_complete = bool(parts.path) if parts.scheme == "unix" else bool(parts.hostname)
    if parts.scheme not in {"redis", "rediss", "unix"} or not is_complete:
        raise ValidationError("not a redis://HOST, rediss://HOST or unix:///PATH address.")


def check_hosts(values: list[str]) -> None:
    """Accept host names, IP addresses, ``.domain`` for a domain with all below it, and ``*``."""
    for value in values:
        if not _HOST.fullmatch(value) and not _is_address(value.strip("[]")):
            raise ValidationError(f"“{value}” is not a host name or an IP address; leave out scheme and port.")


def check_region(value: str) -> None:
    """Accept names as the cloud gives them to regions."""
    if not re.fullmatch(r"[a-z0-9-]{2,64}", value):
        raise ValidationError(f"“{value}” is not 2 to 64 lower-case letters, digits and hyphens, such as cn-hangzhou.")


def check_secret_key(value: str) -> None:
    """Refuse a key that could be guessed."""
    if value and len(value) < SHORTEST_SECRET_KEY:
        raise ValidationError(f"shorter than {SHORTEST_SECRET_KEY} characters; leave it out to have one generated.")


def check_encryption_keys(values: list[str]) -> None:
    """Accept Fernet keys, with white space around them. Fernet itself would ignore whatever follows a key."""
    for value in values:
        if not _FERNET_KEY.fullmatch(value.strip()):
            raise ValidationError("each key must be 32 bytes in URL-safe base64; commas stand between keys.")


def database_settings(value: str) -> dict[str, Any]:
    """Return Django's settings of a database: SQLite in a file or PostgreSQL, the two that lbadmin is tested on.

    Raises ValidationError.
    """
    try:
        options: dict[str, Any] = dict(dj_database_url.parse(value))
    except ValueError:  # its text may repeat the password
        options = {}
    if options.get("ENGINE") not in DATABASE_ENGINES or options["NAME"] in {"", ":memory:"}:
        raise ValidationError("not a postgresql://USER:PASSWORD@HOST/NAME or sqlite:////PATH address.")
    return options


def email_settings(value: str) -> dict[str, Any]:
    """Return Django's EMAIL_* settings for an address of a mail server or directory. Raises ValidationError."""
    parts = _split(value)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {"EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": unquote(parts.path)}
    if parts.scheme not in _MAIL_SERVERS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValidationError(f"not an address of one of the forms {_MAIL_FORMS}.")
    default_port, starttls, tls = _MAIL_SERVERS[parts.scheme]
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or default_port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": starttls,
        "EMAIL_USE_SSL": tls,
    }


def _split(value: str) -> SplitResult:
    """Split an address; a port that is no number between 0 and 65535 is refused here, not on first use."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - parsed when read
    except ValueError as error:
        raise ValidationError(f"not an address: {error}.") from None
    return parts


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
