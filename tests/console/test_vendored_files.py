"""What is vendored is what its publisher shipped."""

import hashlib
import re
from pathlib import Path

from django.core.management import call_command
from pytest_django import Settings

from console.icons import FOLDER

TABLER = Path("console/static/vendor/tabler")


def test_the_style_sheet_has_the_written_hash() -> None:
    digest = hashlib.sha256((TABLER / "tabler.min.css").read_bytes()).hexdigest()
    assert f"SHA-256 of the file here: `{digest}`" in (TABLER / "VENDOR.md").read_text()


def test_the_icons_have_the_written_hash() -> None:
    together = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(FOLDER.glob("*.svg"))))
    assert together.hexdigest() in (FOLDER / "VENDOR.md").read_text()


def test_licences_are_beside_what_they_cover() -> None:
    assert "MIT License" in (TABLER / "LICENSE").read_text()
    assert "MIT License" in (FOLDER / "LICENSE").read_text()


def test_every_icon_that_a_template_names_is_there() -> None:
    sources = [path.read_text() for path in Path("templates").rglob("*.html")]
    named = {name for source in sources for name in re.findall(r'{% icon "([^"]+)"', source)}
    named |= {name for source in sources for name in re.findall(r'\bicon="([^"]+)"', source)}
    assert named - {path.stem for path in FOLDER.glob("*.svg")} == set()


def test_static_files_can_be_hashed(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", "--noinput", verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
