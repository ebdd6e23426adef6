"""Which addresses of ACME servers are spoken to."""

import pytest

from console.errors import InvalidInputError
from renewals.acme.addresses import checked_directory_url, is_spoken_to


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.example.com/directory",
        "https://acme.example.com:14000/dir?x=1",
        "http://127.0.0.1:14000/dir",
        "http://[::1]/dir",
        "http://localhost/dir",
    ],
)
def test_https_and_loopback_are_spoken_to(url: str) -> None:
    assert is_spoken_to(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme.example.com",
        "ftp://acme.example.com/",
        "http://acme.example.com/directory",
        "http://127.0.0.1.example.com/",
        "https://user:secret@acme.example.com/",
        "https://acme.example.com:99999/",
        "https://acme.example.com/a b",
        "https://[::1/",
        "https://a\x00b/",
        "file:///etc/passwd",
        "https://" + "a" * 2000,
    ],
)
def test_other_addresses_are_refused_with_a_way_out(url: str) -> None:
    assert not is_spoken_to(url)
    with pytest.raises(InvalidInputError) as refused:
        checked_directory_url(url)
    assert refused.value.field == "directory_url"
    assert refused.value.way_out
