"""A real PostgreSQL with ssl on is asked for its certificate."""

import os
import pwd
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from tests.certs import make_ca, make_leaf
from tests.factories import OPERATOR
from tests.postgresql import postgresql_cluster
from tests.waiting import free_port
from watchlist.checking import check_one
from watchlist.services import watch_address

pytestmark = [pytest.mark.conformance, pytest.mark.django_db]


def test_certificate_of_postgresql_is_seen() -> None:
    leaf = make_leaf("db.partner.test", issuer=make_ca())
    with postgresql_cluster(listen_port=(port := free_port())) as url:
        folder = Path(unquote(urlsplit(url).netloc.partition("@")[2].partition(":")[0]))
        for name, data in (("server.crt", leaf.chain_pem), ("server.key", leaf.key_pem)):
            file = folder / "data" / name
            file.write_bytes(data)
            file.chmod(0o600)
            if os.getuid() == 0:
                shutil.chown(file, pwd.getpwnam("postgres").pw_name)
        row = watch_address(OPERATOR, host="127.0.0.1", port=port, server_name="db.partner.test", starttls="postgresql")
        assert check_one(row.pk)
        row.refresh_from_db()
        assert row.problem["code"] == "dialogue"  # ssl is off at first
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")
        for _try in range(200):
            check_one(row.pk)
            row.refresh_from_db()
            if row.sha256:
                break
        assert row.sha256 == leaf.sha256
