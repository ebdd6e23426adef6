"""What scanners of others find of each system policy, served by a real engine: the table, and nothing else."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from listeners.cipher_suites import CIPHERS_OF_VERSION, VERSIONS
from tests.listeners.policy_engine import NAME, running_policies, system_lists

pytestmark = pytest.mark.conformance

LISTS = system_lists()
SSLYZE = "sslyze==6.3.1"  # in an environment of its own: it needs an older cryptography
FIELDS = {version: f"tls_{version[4]}_{version[6]}_cipher_suites" for version in VERSIONS}
SCAN_SECONDS = 1200
AT_ONCE = 3

_CBC = {"cipherlist_AVERAGE", "LUCKY13"}
_3DES = {"cipherlist_3DES_IDEA", "SWEET32"}
# What testssl.sh does not call fine: 3DES and CBC belong to the policies that ask for them, as the cloud's do.
FINDINGS: Mapping[str, set[str]] = {
    "tls_cipher_policy_1_0": {"TLS1", "TLS1_1", "BEAST", "BEAST_CBC_TLS1", *_3DES, *_CBC},
    "tls_cipher_policy_1_1": {"TLS1_1", *_3DES, *_CBC},
    "tls_cipher_policy_1_2": {*_3DES, *_CBC},
    "tls_cipher_policy_1_2_strict": _CBC,
    "tls_cipher_policy_1_2_strict_with_1_3": _CBC,
    "tls_cipher_policy_1_0_to_1_3": set(),
}
# Of the scanner and its machine, not of what is scanned.
ASIDE = {"engine_problem", "service", "scanTime"}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, int]]:
    """Run the real engine with one listener for each list; yield their ports."""
    with running_policies(tmp_path_factory.mktemp("engine"), LISTS) as by_policy:
        yield by_policy


@pytest.fixture(scope="module")
def sslyze(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install sslyze beside us and return its program."""
    directory = tmp_path_factory.mktemp("sslyze")
    subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
    install = [str(directory / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", SSLYZE]
    subprocess.run(install, check=True, timeout=SCAN_SECONDS)
    return directory / "bin/sslyze"


@pytest.mark.parametrize("key", LISTS)
def test_sslyze_finds_exactly_the_offered_versions_and_suites(
    ports: Mapping[str, int], sslyze: Path, tmp_path: Path, key: str
) -> None:
    report = tmp_path / "report.json"
    scans = ("--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3")
    command = [str(sslyze), *scans, "--mozilla_config", "disable", "--sni", NAME, "--json_out", str(report)]
    subprocess.run([*command, f"127.0.0.1:{ports[key]}"], check=True, timeout=SCAN_SECONDS, capture_output=True)
    result = json.loads(report.read_text())["server_scan_results"][0]["scan_result"]
    policy = LISTS[key]
    expected = {
        version: {cipher for cipher in policy.served_ciphers if cipher in CIPHERS_OF_VERSION[version]}
        if version in policy.offered_versions
        else set()
        for version in VERSIONS
    }
    assert {version: accepted(result[field]) for version, field in FIELDS.items()} == expected
    assert accepted(result["ssl_2_0_cipher_suites"]) == accepted(result["ssl_3_0_cipher_suites"]) == set()


def accepted(scan: Mapping[str, Mapping[str, list[Mapping[str, Mapping[str, str]]]]]) -> set[str]:
    """Return the suites that a scan of one version found, by their OpenSSL names."""
    return {each["cipher_suite"]["openssl_name"] for each in scan["result"]["accepted_cipher_suites"]}


@pytest.fixture(scope="module")
def findings(ports: Mapping[str, int], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, str]]:
    """Scan every list by testssl.sh, some at a time; return the severity of each finding."""
    directory = tmp_path_factory.mktemp("testssl")

    def scan(key: str) -> dict[str, str]:
        report = directory / f"{key}.json"
        options = ["--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1", "--jsonfile", str(report)]
        command = ["testssl", *options, "-p", "-f", "-s", "-U", f"127.0.0.1:{ports[key]}"]
        # Its exit status counts the findings.
        subprocess.run(command, check=False, timeout=SCAN_SECONDS, capture_output=True, stdin=subprocess.DEVNULL)
        return {each["id"]: each["severity"] for each in json.loads(report.read_text())}

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(LISTS, threads.map(scan, LISTS), strict=True))


@pytest.mark.parametrize("key", LISTS)
def test_testssl_has_exactly_the_findings_of_the_policy(findings: Mapping[str, dict[str, str]], key: str) -> None:
    found = {name for name, severity in findings[key].items() if severity not in {"OK", "INFO"}} - ASIDE
    assert found == FINDINGS[key.removesuffix("-clb")]
    assert findings[key]["heartbleed"] == "OK"  # so the scan came to its end
    assert findings[key]["RC4"] == "OK"
