"""The names of a certificate to be ordered."""

import pytest

from console.errors import InvalidInputError
from renewals.names import checked_names, parsed_names


def test_names_are_split_normalised_and_not_repeated() -> None:
    typed = "Shop.Example.com, bücher.example\n shop.example.com.;2001:DB8::1"
    assert checked_names(parsed_names(typed), "http-01") == ["shop.example.com", "xn--bcher-kva.example", "2001:db8::1"]


@pytest.mark.parametrize(
    ("name", "challenge"),
    [
        ("*.example.com", "http-01"),
        ("*.example.com", "tls-alpn-01"),
        ("192.0.2.1", "dns-01"),
        ("f*.example.com", "dns-01"),
        ("a..b", "http-01"),
        ("https://example.com/", "http-01"),
        ("a_b c", "http-01"),
        ("", ""),
    ],
)
def test_name_that_cannot_be_proved_is_refused_by_name(name: str, challenge: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        checked_names([name], challenge)
    assert refused.value.field == "names"
    assert name in refused.value.message
    assert refused.value.way_out


@pytest.mark.parametrize(("name", "challenge"), [("*.example.com", "dns-01"), ("*.example.com", ""), ("192.0.2.1", "")])
def test_wildcards_and_addresses_pass_where_they_can_be_had(name: str, challenge: str) -> None:
    assert checked_names([name], challenge) == [name]


@pytest.mark.parametrize("count", [0, 101])
def test_no_name_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(InvalidInputError):
        checked_names([f"h{number}.example.com" for number in range(count)], "http-01")
