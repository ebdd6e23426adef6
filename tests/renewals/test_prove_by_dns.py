"""DNS-01 by a hook, against Pebble and the DNS that it asks."""

from pathlib import Path

import pytest
from pytest_django import Settings

from console.errors import InvalidInputError
from renewals.challenges.dns_hooks import call_hook, hook_folder, hooks
from renewals.models import Attempt, Renewal
from renewals.problems import AttemptFailedError
from renewals.running import run_renewal
from tests.renewals.pebble import Pebble
from tests.renewals.rows import make_renewal
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """A hook folder of this test's own."""
    settings.DATA_DIR = tmp_path
    hook_folder().mkdir()
    return hook_folder()


def write_hook(name: str, text: str, mode: int = 0o755) -> Path:
    path = hook_folder() / name
    path.write_text(text)
    path.chmod(mode)
    return path


def dns_hook(pebble: Pebble) -> str:
    """Write a hook that changes what Pebble's DNS answers, and notes how it was called."""
    write_hook(
        "testdns",
        f"""#!/bin/sh
echo "$@" >> calls
env > environment
if [ "$1" = present ]; then
    body="{{\\"host\\": \\"$2.\\", \\"value\\": \\"$3\\"}}"; action=set-txt
else
    body="{{\\"host\\": \\"$2.\\"}}"; action=clear-txt
fi
exec curl --silent --fail --data "$body" {pebble.dns_management}/$action
""",
    )
    return "testdns"


def test_wildcard_is_proved_by_a_hook_that_cleans_up(pebble: Pebble, folder: Path) -> None:
    names = ("*.dns.test", "dns.test")
    renewal = make_renewal(pebble, *names, challenge="dns-01", dns_hook=dns_hook(pebble))
    attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
    renewal.refresh_from_db()
    assert renewal.certificate
    assert renewal.certificate.current_version
    assert {name.value for name in renewal.certificate.current_version.names.all()} == set(names)
    calls = [line.split() for line in (folder / "calls").read_text().splitlines()]
    assert [call[:2] for call in calls] == [
        [verb, "_acme-challenge.dns.test"] for verb in ["present"] * 2 + ["cleanup"] * 2
    ]
    assert len({call[2] for call in calls}) == 2
    environment = (folder / "environment").read_text()
    assert "LBADMIN" not in environment
    assert {line.partition("=")[0] for line in environment.splitlines()} <= {
        "PATH",
        "LC_ALL",
        "HOME",
        "PWD",
        "SHLVL",
        "_",
        "OLDPWD",
    }


def test_hook_that_fails_fails_the_attempt_with_its_words_and_is_asked_to_clean_up(
    pebble: Pebble, folder: Path
) -> None:
    write_hook("broken", '#!/bin/sh\necho "$1" >> calls\n[ "$1" = cleanup ] || { echo "no such zone" >&2; exit 3; }\n')
    renewal = make_renewal(pebble, "dns.test", challenge="dns-01", dns_hook="broken")
    attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.problem["code"] == "renewal.hook-failed"
    assert "no such zone" in attempt.problem["message"]
    assert (folder / "calls").read_text().split() == ["present", "cleanup"]


def test_hook_that_cannot_clean_up_either_does_not_hide_why_it_failed(pebble: Pebble, folder: Path) -> None:
    write_hook("broken", '#!/bin/sh\necho "$1 is refused"\nexit 3\n')
    attempt = run_renewal(make_renewal(pebble, "dns.test", challenge="dns-01", dns_hook="broken").pk)
    assert attempt
    assert "present is refused" in attempt.problem["message"]


def test_hook_that_hangs_is_ended_with_all_it_started(settings: Settings, folder: Path) -> None:
    settings.RENEWALS_HOOK_SECONDS = 0.5
    write_hook("slow", "#!/bin/sh\nsleep 600 & echo $! > child\nwait\n")
    with pytest.raises(AttemptFailedError) as failed:
        call_hook("slow", "present", "dns.test", "value")
    assert failed.value.code == "renewal.hook-timeout"
    child = int((folder / "child").read_text())
    wait_until(lambda: not _is_alive(child))


def _is_alive(process: int) -> bool:
    """Tell whether a process runs; one that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("name", ["", "../outside", "/bin/true", ".hidden", "absent", "a\nb", "x" * 200])
def test_only_programs_of_the_folder_are_hooks(pebble: Pebble, folder: Path, name: str) -> None:
    (folder.parent / "outside").write_text("#!/bin/sh\n")
    (folder.parent / "outside").chmod(0o755)
    with pytest.raises(InvalidInputError) as refused:
        make_renewal(pebble, "dns.test", challenge="dns-01", dns_hook=name)
    assert refused.value.field == "dns_hook"
    assert not Renewal.objects.exists()


@pytest.mark.parametrize("mode", [0o644, 0o777, 0o775])
def test_hook_that_others_can_write_or_nobody_can_run_is_refused(folder: Path, mode: int) -> None:
    write_hook("good", "#!/bin/sh\n")
    write_hook("bad", "#!/bin/sh\n", mode)
    (folder / "link").symlink_to(folder / "good")
    assert hooks() == ["good"]
    with pytest.raises(AttemptFailedError):
        call_hook("bad", "present", "dns.test", "value")


def test_hook_that_is_no_program_is_named(folder: Path) -> None:
    write_hook("text", "no first line")
    with pytest.raises(AttemptFailedError) as failed:
        call_hook("text", "present", "dns.test", "value")
    assert "text" in failed.value.message
