"""Forwarding rules by command."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from listeners.models import Listener
from listeners.selectors.forwarding_rules import rules_of
from tests import factories

pytestmark = pytest.mark.django_db

WRONG: list[dict[str, Any]] = [{"name": 5}, {"priority": "1"}, {"conditions": "text"}, {"actions": {}}]


@pytest.fixture
def listener() -> Listener:
    return factories.make_listener(product="ALB", protocol="HTTP")


def rule(path: str) -> dict[str, Any]:
    moved = {"type": "Redirect", "protocol": "HTTPS", "code": 308}
    return {"name": f"rule {path}", "conditions": [{"type": "Path", "values": [path]}], "actions": [moved]}


def stored(directory: Path, value: object) -> str:
    path = directory / "rules.json"
    path.write_text(json.dumps(value))
    return str(path)


def test_rules_are_created_listed_tried_changed_and_deleted(
    listener: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("rule", "create", listener.pk, stored(tmp_path, [rule("/a*"), rule("/ab")]))
    printed = capsys.readouterr()
    first, second = printed.out.split()
    assert "“rule /ab” never answers" in printed.err
    call_command("rule", "list", listener.pk)
    assert capsys.readouterr().out.splitlines()[0] == f"{first}\tRequest\t1\trule /a*"
    call_command("rule", "try", listener.pk, "http://a.test/ab?x", "--header", "X-A: b")
    assert capsys.readouterr().out == f"{first}\trule /a*\tredirect\t308\thttps://a.test/ab?x\n"
    call_command("rule", "try", listener.pk, "a.test/other")
    assert capsys.readouterr().out == f"-\tdefault rule\tforward\t{listener.server_group_id}:100\ta.test/other\n"
    fixed = {"actions": [{"type": "FixedResponse", "code": 410}]}
    call_command("rule", "update", listener.pk, first, stored(tmp_path, fixed))
    call_command("rule", "try", listener.pk, "a.test/ab")
    assert "fixed response\t410" in capsys.readouterr().out
    call_command("rule", "delete", listener.pk, first, second)
    assert rules_of(listener) == []


@pytest.mark.parametrize("text", ["", "[1]", '"text"', "{"])
def test_files_without_rules_are_refused(listener: Listener, tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.json"
    path.write_text(text)
    with pytest.raises(CommandError):
        call_command("rule", "create", listener.pk, str(path))


def test_refusals_are_those_of_the_service(listener: Listener, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be used"):
        call_command("rule", "create", listener.pk, stored(tmp_path, rule("~(?=a)")))
    for wrong in WRONG:
        with pytest.raises(CommandError, match="of a rule"):
            call_command("rule", "create", listener.pk, stored(tmp_path, {**rule("/a"), **wrong}))
    with pytest.raises(CommandError, match="no “unknown”"):
        call_command("rule", "create", listener.pk, stored(tmp_path, {"unknown": 1}))
