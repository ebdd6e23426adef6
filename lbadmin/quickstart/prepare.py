"""Bring an installation up to date before its processes start: database, static files, administrator, sample.

``python -m lbadmin.quickstart.prepare DESCRIPTOR`` writes what came of it to the descriptor as JSON: a random
password must not pass through a file or a log.
"""

import hashlib
import json
import os
import secrets
import sys
from dataclasses import asdict
from pathlib import Path

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction

from certificates.checks import check_encryption_keys
from lbadmin.quickstart.errors import StartError
from lbadmin.quickstart.results import Prepared, Sample

ADMINISTRATOR = "admin"
PASSWORD_BYTES = 15  # 120 bits, 20 characters


def prepare() -> Prepared:
    """Do it all; what is up to date already is left alone. Raises StartError."""
    require_encryption_keys()
    require_good_password(settings.ENVIRONMENT.admin_password)
    migrate()
    collect_static_files()
    password = create_administrator(settings.ENVIRONMENT.admin_password)
    return Prepared(password=password, sample=_sample())


def require_encryption_keys() -> None:
    """Raise StartError, before anything is changed, when the keys do not open what the database holds."""
    for problem in check_encryption_keys(databases=[DEFAULT_DB_ALIAS]):
        raise StartError(f"{problem.msg} {problem.hint}")


def require_good_password(password: str) -> None:
    """Raise StartError, before anything is changed, when the password that is given for the administrator is weak."""
    try:
        if password:
            validate_password(password, get_user_model()(username=ADMINISTRATOR))
    except ValidationError as error:
        raise StartError(f"LBADMIN_ADMIN_PASSWORD: {' '.join(error.messages)}") from None


def migrate() -> None:
    """Bring the database's tables up to date. Raises StartError when it cannot be used."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise StartError(f"DATABASE_URL: the database cannot be used: {str(error).strip()}") from error


def collect_static_files() -> None:
    """Copy, compress and name the static files by content, if any has changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected-from"
    sources = _fingerprint_of_static_files()
    if stamp.is_file() and stamp.read_text() == sources:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(sources)


def create_administrator(password: str) -> str:
    """Make the user ``admin`` if there is no superuser; return a password that was made up, else nothing."""
    made_up = "" if password else secrets.token_urlsafe(PASSWORD_BYTES)
    users = get_user_model()
    with transaction.atomic():
        if users.objects.filter(is_superuser=True).exists():
            return ""
        users.objects.create_superuser(ADMINISTRATOR, password=password or made_up)
    return made_up


def _sample() -> Sample | None:
    if not settings.ENVIRONMENT.sample:
        return None
    from lbadmin.quickstart import sample  # noqa: PLC0415 - loads most of lbadmin

    return sample.find_or_make()


def _fingerprint_of_static_files() -> str:
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            info = Path(storage.path(path)).stat()
            digest.update(f"{path} {info.st_size} {info.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def main(descriptor: int) -> int:
    """Prepare, and write the outcome to ``descriptor``."""
    django.setup()
    try:
        prepared = prepare()
    except StartError as error:
        prepared = Prepared(problem=str(error))
    with os.fdopen(descriptor, "w") as result:
        json.dump(asdict(prepared), result)
    return 1 if prepared.problem else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
