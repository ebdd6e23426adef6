"""Everything that people read is in Chinese too, and the compiled catalog is that of the source."""

import ast
import gettext
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

APPS = (
    "access", "alerts", "authorities", "certificates", "console", "dashboard", "dataplane", "events", "lbadmin",
    "listeners", "renewals",
)  # fmt: skip
FOLDER = Path("locale/zh_Hans/LC_MESSAGES")
FUNCTIONS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
TEXT = r"""u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
IN_TEMPLATES = re.compile(rf"\b(?:n?gettext|_)\(\s*{TEXT}", re.DOTALL)
PLACEHOLDER = re.compile(r"%\((\w+)\)[ds]")


def catalog() -> dict[str, str]:
    with (FOLDER / "django.mo").open("rb") as file:
        entries = vars(gettext.GNUTranslations(file))["_catalog"]
    return {key[0] if isinstance(key, tuple) else key: text for key, text in entries.items() if key}


def source() -> dict[str, str]:
    """Return the .po file as msgid -> text."""
    found, field, entry = {}, "", {"msgid": "", "msgstr": ""}
    for line in [*(FOLDER / "django.po").read_text().splitlines(), 'msgid ""']:
        if named := re.match(r'(msgid|msgid_plural|msgstr)(?:\[0\])? (".*")$', line):
            field = named[1]
            if field == "msgid":
                found[entry["msgid"]] = entry["msgstr"]
            entry[field] = ast.literal_eval(named[2])
        elif line.startswith('"'):
            entry[field] += ast.literal_eval(line)
    found.pop("", None)
    return found


def texts_of_templates() -> Iterator[str]:
    for path in Path("templates").rglob("*"):
        if path.suffix in {".html", ".txt"}:
            yield from (ast.literal_eval(found[1]) for found in IN_TEMPLATES.finditer(templatize(path.read_text())))


def texts_of_modules() -> Iterator[str]:
    for app in APPS:
        for path in Path(app).rglob("*.py"):
            yield from _texts_of(ast.parse(path.read_text()))


def _texts_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and node.args:
            text = node.args[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


@pytest.mark.parametrize("texts", [texts_of_templates, texts_of_modules])
def test_every_text_is_translated(texts: Callable[[], Iterator[str]]) -> None:
    found = set(texts())
    assert len(found) > 100
    assert found - set(catalog()) == set()


def test_the_compiled_catalog_is_that_of_the_source() -> None:
    assert catalog() == source()


def test_nothing_is_translated_to_nothing() -> None:
    assert [text for text, translated in source().items() if not translated.strip()] == []


def test_placeholders_survive_translation() -> None:
    wrong = [
        text
        for text, translated in source().items()
        # English names the one channel that fails; the one Chinese form counts instead.
        if not set(PLACEHOLDER.findall(text)) - {"first"} <= set(PLACEHOLDER.findall(translated))
    ]
    assert wrong == []


def test_translations_are_in_chinese() -> None:
    same = {text for text, translated in source().items() if text == translated}
    formats = {"CSV", "DER", "PEM", "PFX (PKCS#12)"}
    protocols = {"HTTP/2", "OCSP", "Proxy Protocol", "Proxy Protocol v2", "TLSv1.2", "TLSv1.3"}
    cloud = {"AccessKeyId", "AccessKeySecret"}
    assert same - formats - protocols - cloud <= {"REST API", "CA", "Cookie", "SHA-256", "URL", "Webhook"}
