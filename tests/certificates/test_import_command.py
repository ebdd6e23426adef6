"""The importcertificate command. What it refuses is in test_bad_input."""

import io
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from certificates.models import Certificate
from tests.certificates.repository import import_leaf
from tests.certs import make_ca, make_leaf, rsa_key

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    output, problems = io.StringIO(), io.StringIO()
    call_command("importcertificate", *arguments, stdout=output, stderr=problems, no_color=True)
    return output.getvalue(), problems.getvalue()


def test_it_prints_only_the_id_and_warns_on_standard_error(tmp_path: Path) -> None:
    leaf = make_leaf(key=rsa_key(1024))
    (tmp_path / "leaf.pem").write_bytes(leaf.pem)
    (tmp_path / "leaf.key").write_bytes(leaf.key_pem)
    output, problems = run(str(tmp_path / "leaf.pem"), "--key", str(tmp_path / "leaf.key"), "--name", "shop")
    certificate = Certificate.objects.get(name="shop")
    assert output == f"{certificate.pk}\n"
    assert problems.startswith("warning: ")
    assert "[certificate.weak-key]" in problems
    assert certificate.created_by == "command line"


def test_it_opens_an_encrypted_key_with_a_file(tmp_path: Path) -> None:
    leaf = make_leaf()
    (tmp_path / "both.pem").write_bytes(leaf.pem + leaf.encrypted_key_pem("secret"))
    (tmp_path / "passphrase").write_bytes(b"secret\r\n")
    run(str(tmp_path / "both.pem"), "--yes", "--passphrase-file", str(tmp_path / "passphrase"))
    assert Certificate.objects.count() == 1


def test_it_asks_for_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaf = make_leaf()
    (tmp_path / "both.pem").write_bytes(leaf.pem + leaf.encrypted_key_pem("secret"))
    monkeypatch.setattr("getpass.getpass", lambda prompt: "secret")
    run(str(tmp_path / "both.pem"), "--yes", "--passphrase-file", "-")
    assert Certificate.objects.count() == 1


def test_it_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(make_ca().pem)))
    run("-", "--kind", "ca", "--name", "root")
    assert Certificate.objects.get().kind == "ca"


def test_it_replaces(tmp_path: Path) -> None:
    imported = import_leaf()
    leaf = make_leaf()
    (tmp_path / "both.pem").write_bytes(leaf.pem + leaf.key_pem)
    output, _ = run(str(tmp_path / "both.pem"), "--replace", imported.certificate.pk)
    imported.certificate.refresh_from_db()
    assert output == f"{imported.certificate.pk}\n"
    assert imported.certificate.current_version is not None
    assert imported.certificate.current_version.sha256 == leaf.sha256


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run(str(tmp_path / "absent.pem"))


def test_a_passphrase_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "leaf.pem").write_bytes(make_leaf().pem)
    (tmp_path / "passphrase").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="not text"):
        run(str(tmp_path / "leaf.pem"), "--passphrase-file", str(tmp_path / "passphrase"))


def test_several_files_are_planned_and_stored_only_when_agreed(tmp_path: Path) -> None:
    first, second = make_leaf("a.test"), make_leaf("b.test")
    (tmp_path / "keys.pem").write_bytes(second.key_pem + first.key_pem)
    (tmp_path / "certificates.pem").write_bytes(first.pem + second.pem)
    files = [str(tmp_path / "keys.pem"), str(tmp_path / "certificates.pem")]
    output, plan = run(*files)
    assert output == ""
    assert "import:   a.test" in plan
    assert "import:   b.test" in plan
    assert not Certificate.objects.exists()
    output, _ = run(*files, "--yes")
    assert output.split() == [Certificate.objects.get(name=name).pk for name in ("a.test", "b.test")]
    output, again = run(*files, "--yes")
    assert output == ""
    assert "Nothing is new" in again


def test_what_lacks_its_key_is_a_failure_that_scripts_see(tmp_path: Path) -> None:
    (tmp_path / "leaf.pem").write_bytes(make_leaf("a.test").pem)
    with pytest.raises(CommandError, match="lacks something"):
        run(str(tmp_path / "leaf.pem"), "--yes")
    assert not Certificate.objects.exists()


def test_options_for_one_certificate_refuse_several_files(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="for one file"):
        run("a.pem", "b.pem", "--name", "x")


def test_files_that_hold_nothing_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"noise")
    with pytest.raises(CommandError, match="nothing to import"):
        run(str(tmp_path / "noise"), "--yes")
