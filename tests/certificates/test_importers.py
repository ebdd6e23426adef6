"""Importers: what other programs keep is planned first, imported once, and skipped the next time."""

import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from certificates.importers.directories import LAYOUTS, groups_below
from certificates.models import Certificate, CertificateVersion, SealedKey
from tests.certificates.drops import pfx
from tests.certs import Issued, make_ca, make_leaf, rsa_key

pytestmark = pytest.mark.django_db
ROOT = make_ca("Root")
MIDDLE = make_ca("Middle", issuer=ROOT)
SHOP = make_leaf("shop.test", issuer=MIDDLE)
PAY = make_leaf("pay.test", issuer=MIDDLE)


def run(*arguments: str) -> tuple[str, str]:
    output, plan = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=output, stderr=plan, no_color=True)
    return output.getvalue(), plan.getvalue()


def stored() -> dict[str, tuple[int, bool]]:
    """Return length of the chain and whether there is a key, by name."""
    keys = set(SealedKey.objects.values_list("version_id", flat=True))
    return {
        version.certificate.name: (version.chain_pem.count("BEGIN"), version.pk in keys)
        for version in CertificateVersion.objects.select_related("certificate")
    }


def write(path: Path, *contents: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(contents))


def assert_imported(arguments: tuple[str, ...], expected: dict[str, tuple[int, bool]]) -> None:
    """Plan, import, and import again."""
    output, plan = run(*arguments)
    assert (output, stored()) == ("", {})
    assert plan.count("import:  ") == len(expected)
    output, _ = run(*arguments, "--yes")
    assert len(output.split()) == len(expected)
    assert stored() == expected
    output, plan = run(*arguments, "--yes")
    assert output == ""
    assert plan.count("stored:  ") == len(expected)
    assert stored() == expected


@pytest.mark.parametrize("layout", ["auto", "nginx"])
def test_an_nginx_tree_pairs_files_by_name(tmp_path: Path, layout: str) -> None:
    write(tmp_path / "certs/shop.test.crt", SHOP.pem)
    write(tmp_path / "certs/shop.test-chain.pem", MIDDLE.pem, ROOT.pem)
    write(tmp_path / "private/shop.test.key", SHOP.key_pem)
    write(tmp_path / "pay/fullchain.pem", PAY.chain_pem)
    write(tmp_path / "pay/privkey.pem", PAY.key_pem)
    write(tmp_path / "nginx.conf", b"server {}")
    names = ["shop.test", "pay.test" if layout == "nginx" else "pay"]
    assert_imported(("importdirectory", str(tmp_path), "--layout", layout), dict.fromkeys(names, (1, True)))


@pytest.mark.parametrize("layout", ["auto", "haproxy"])
def test_an_haproxy_tree_has_all_in_one_file_or_the_key_beside(tmp_path: Path, layout: str) -> None:
    write(tmp_path / "shop.pem", SHOP.chain_pem, SHOP.key_pem)
    write(tmp_path / "pay.pem", PAY.pem)
    write(tmp_path / "pay.pem.key", PAY.key_pem)
    expected = {"shop.test": (1, True), "pay.test": (1, True)}
    assert_imported(("importdirectory", str(tmp_path), "--layout", layout), expected)


@pytest.mark.parametrize("layout", ["auto", "certbot"])
def test_a_certbot_tree_gives_what_is_live_under_its_name(tmp_path: Path, layout: str) -> None:
    for number, leaf in ((1, make_leaf("shop.test", issuer=MIDDLE)), (2, SHOP)):
        write(tmp_path / f"archive/shop/fullchain{number}.pem", leaf.chain_pem)
        write(tmp_path / f"archive/shop/privkey{number}.pem", leaf.key_pem)
    (tmp_path / "live/shop").mkdir(parents=True)
    for name in ("fullchain", "privkey"):
        (tmp_path / f"live/shop/{name}.pem").symlink_to(f"../../archive/shop/{name}2.pem")
    write(tmp_path / "live/README", b"no certificate")
    assert_imported(("importdirectory", str(tmp_path), "--layout", layout), {"shop": (1, True)})
    assert CertificateVersion.objects.get().sha256 == SHOP.sha256


def test_keys_and_certificates_that_are_named_oddly_still_meet(tmp_path: Path) -> None:
    write(tmp_path / "2026-certificate-a.pem", SHOP.pem)
    write(tmp_path / "old secrets/z.key", SHOP.key_pem)
    write(tmp_path / "issuers.p7b.pem", MIDDLE.pem)
    run("importdirectory", str(tmp_path), "--yes")
    assert stored() == {"shop.test": (1, True), "middle": (0, False)}


def test_encrypted_files_of_a_tree_open_with_the_lines_of_a_file(tmp_path: Path) -> None:
    leaf = make_leaf("x.test", key=rsa_key())
    write(tmp_path / "tree/a.pfx", pfx(leaf, "two"))
    write(tmp_path / "passphrases", b"one\r\ntwo\n")
    _, plan = run("importdirectory", str(tmp_path / "tree"), "--passphrase-file", str(tmp_path / "passphrases"))
    assert "with key" in plan
    with pytest.raises(CommandError, match="nothing to import"):
        run("importdirectory", str(tmp_path / "tree"))


def test_a_tree_that_is_none_or_holds_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no directory"):
        run("importdirectory", str(tmp_path / "absent"))
    with pytest.raises(CommandError, match="nothing to import"):
        run("importdirectory", str(tmp_path))
    write(tmp_path / "huge.pem", b"x" * 2_000_000)
    (group,) = groups_below(tmp_path, "auto")
    assert len(group.drop.files[0].data) < 1_100_000
    assert set(LAYOUTS) == {"auto", "nginx", "haproxy", "certbot"}


def npm_tree(folder: Path, *rows: tuple[Any, ...]) -> Path:
    write(folder / "data/custom_ssl/npm-1/fullchain.pem", SHOP.chain_pem)
    write(folder / "data/custom_ssl/npm-1/privkey.pem", SHOP.key_pem)
    write(folder / "letsencrypt/archive/npm-2/fullchain1.pem", make_leaf("pay.test").pem)
    write(folder / "letsencrypt/archive/npm-2/privkey1.pem", b"older")
    write(folder / "letsencrypt/archive/npm-2/fullchain2.pem", PAY.chain_pem)
    write(folder / "letsencrypt/archive/npm-2/privkey2.pem", PAY.key_pem)
    with sqlite3.connect(folder / "data/database.sqlite") as database:
        database.execute("CREATE TABLE certificate (id, provider, nice_name, domain_names, is_deleted)")
        database.executemany("INSERT INTO certificate VALUES (?, 'other', ?, ?, ?)", rows)
    database.close()
    return folder


def test_nginx_proxy_manager_keeps_its_names(tmp_path: Path) -> None:
    npm_tree(tmp_path, (1, "The shop", '["shop.test"]', 0), (2, "", '["pay.test"]', 0))
    expected = {"The shop": (1, True), "pay.test": (1, True)}
    assert_imported(("importnpm", str(tmp_path)), expected)


def test_nginx_proxy_manager_is_found_from_its_data_directory_and_deleted_ones_are_not_taken(tmp_path: Path) -> None:
    npm_tree(tmp_path, (1, "The shop", "[]", 1), (2, "Payments", "[]", 0))
    run("importnpm", str(tmp_path / "data"), "--yes")
    assert stored() == {"Payments": (1, True)}


def test_a_directory_of_another_program_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nginx-proxy-manager"):
        run("importnpm", str(tmp_path))
    npm_tree(tmp_path)
    (tmp_path / "data/database.sqlite").write_bytes(b"no database")
    with pytest.raises(CommandError, match="no database"):
        run("importnpm", str(tmp_path))


def lemur_item(leaf: Issued, **more: Any) -> dict[str, Any]:
    return {"id": 7, "body": leaf.pem.decode(), "chain": MIDDLE.pem.decode(), "deleted": False, **more}


def test_lemur_keeps_its_names_and_owners(tmp_path: Path) -> None:
    export = {
        "total": 3,
        "items": [
            lemur_item(SHOP, name="shop-2026", owner="team@example.test", privateKey=SHOP.key_pem.decode()),
            lemur_item(PAY, name="pay-2026", owner="pay@example.test", private_key=PAY.key_pem.decode(), chain=None),
            lemur_item(make_leaf("gone.test"), name="gone", deleted=True),
        ],
    }
    (tmp_path / "export.json").write_text(json.dumps(export))
    assert_imported(("importlemur", str(tmp_path / "export.json")), {"shop-2026": (1, True), "pay-2026": (1, True)})
    assert dict(Certificate.objects.values_list("name", "owner")) == {
        "shop-2026": "team@example.test",
        "pay-2026": "pay@example.test",
    }


@pytest.mark.parametrize("content", ["", "{}", "[]", "[1]", '{"items": 1}', "null", "[" * 100_000, '[{"body": 5}]'])
def test_what_is_no_export_of_lemur_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "export.json").write_text(content)
    with pytest.raises(CommandError, match="no export"):
        run("importlemur", str(tmp_path / "export.json"))
    with pytest.raises(CommandError, match="cannot be read"):
        run("importlemur", str(tmp_path / "absent.json"))
