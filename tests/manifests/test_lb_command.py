"""The command `lb`: what it prints, what it asks, and how it leaves."""

import json
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class

from listeners.models import LoadBalancer, ServerGroup
from tests.factories import make_listener, make_server_certificate

TEXT = "server_groups:\n- name: web\n  servers:\n  - {address: 10.0.0.1, port: 80}\n"


def lb(*arguments: Any) -> str:
    """Run the command and return what it prints."""
    printed = StringIO()
    call_command("lb", *map(str, arguments), stdout=printed)
    return printed.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "web.yaml"
    path.write_text(TEXT)
    return path


@pytest.mark.django_db
def test_a_file_is_applied_once(file: Path) -> None:
    assert lb("apply", "-f", file, "--yes") == "+ server group web\n1 to create, 0 to change, 0 to delete.\n"
    assert lb("apply", "-f", file, "--yes") == "Nothing to do: everything is as the manifest says.\n"
    assert lb("apply", "-f", file) == "Nothing to do: everything is as the manifest says.\n"


@pytest.mark.django_db
def test_without_yes_nothing_is_stored_where_nobody_can_be_asked(file: Path) -> None:
    with pytest.raises(CommandError, match="--yes"):
        lb("apply", "-f", file)
    assert not ServerGroup.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("answer", "there"), [("y", True), ("n", False), ("", False)])
def test_a_person_is_asked(file: Path, monkeypatch: pytest.MonkeyPatch, answer: str, *, there: bool) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    if there:
        assert lb("apply", "-f", file).endswith("Done.\n")
    else:
        with pytest.raises(CommandError, match="Nothing was stored"):
            lb("apply", "-f", file)
    assert ServerGroup.objects.exists() is there


@pytest.mark.django_db
def test_differences_leave_with_two(file: Path) -> None:
    with pytest.raises(SystemExit) as left:
        lb("diff", "-f", file)
    assert left.value.code == 2
    lb("apply", "-f", file, "--yes")
    assert lb("diff", "-f", file, "--output", "json") == "[]\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\na: ]", ":2: This is no YAML"),
        ("server_groups:\n- name: web\n  serverz: []\n", ":3: server_groups.0.serverz: “serverz” is not known here."),
        ("server_groups:\n- {name: web, protocol: X}\n", ":2: server_groups.0.protocol: "),
        ("server_groups: 7\nload_balancers: 8", ":2: load_balancers: "),
    ],
)
def test_a_fault_is_told_with_file_and_line(file: Path, text: str, told: str) -> None:
    file.write_text(text)
    with pytest.raises(CommandError) as refusal:
        lb("apply", "-f", file, "--yes")
    assert f"{file}{told}" in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing: No such file"):
        lb("apply", "-f", tmp_path / "nothing")


@pytest.mark.parametrize("arguments", [["aply"], ["apply"], ["list", "things"], []])
def test_a_wrong_command_line_leaves_with_one(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    command = load_command_class("manifests", "lb")
    with pytest.raises(SystemExit) as left:
        command.run_from_argv(["manage.py", "lb", *arguments])
    assert left.value.code == 1
    assert "usage" in capsys.readouterr().err


@pytest.mark.django_db
def test_an_export_is_a_file_that_applies(tmp_path: Path) -> None:
    listener = make_listener()
    file = tmp_path / "all.yaml"
    lb("export", "-o", file)
    assert lb("diff", "-f", file) == "Nothing to do: everything is as the manifest says.\n"
    assert lb("export") == file.read_text()
    (tmp_path / "all.json").write_text(lb("export", "--output", "json"))
    assert lb("diff", "-f", tmp_path / "all.json", "--prune", "--output", "json") == "[]\n"
    assert LoadBalancer.objects.get().pk == listener.load_balancer_id


@pytest.mark.django_db
def test_each_kind_is_listed_and_shown() -> None:
    certificate = make_server_certificate()
    listener = make_listener(certificate_id=certificate.pk)
    balancer = listener.load_balancer.name
    assert lb("list", "certificates").splitlines()[1].startswith(certificate.name)
    assert f"{balancer}:{listener.port}/tcp  TCPSSL" in lb("list", "listeners")
    assert json.loads(lb("list", "load-balancers", "--output", "json"))[0]["name"] == balancer
    assert f"port: {listener.port}" in lb("show", "load-balancers", balancer)
    assert json.loads(lb("show", "certificates", certificate, "--output", "json"))["id"] == certificate.pk
    with pytest.raises(CommandError, match="lb list"):
        lb("show", "server-groups", "none")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_it(shell: str, tmp_path: Path) -> None:
    script = lb("completion", shell)
    assert "--prune" in script
    if shell == "bash":
        asked = 'COMP_WORDS=(manage.py lb list ""); COMP_CWORD=3; _lbadmin_lb; echo "${COMPREPLY[@]}"'
        ran = subprocess.run(["bash", "-c", f"{script}\n{asked}"], capture_output=True, text=True, check=True)
        assert "server-groups" in ran.stdout
