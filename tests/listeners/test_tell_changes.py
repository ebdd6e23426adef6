"""What the change feed says of a change: the words of the forms, in one language for every reader."""

import pytest
from django.utils import translation

from console.errors import StaleError
from events.models import Change
from listeners import services
from listeners.services import ServerSpec
from listeners.words import counted, told
from tests import factories
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def _last_summary() -> str:
    return Change.objects.latest("id").summary


@pytest.mark.parametrize(
    ("field", "values", "words"),
    [
        ("idle_timeout_seconds", [900, 306], "Idle timeout: 900 s → 306 s"),
        ("connections_per_second", [0, 50], "New connections per second: no limit → 50"),
        ("proxy_protocol_enabled", [False, True], "Proxy Protocol v2: off → on"),
        ("alpn_policy", ["", "HTTP2Only"], "ALPN policy: none → HTTP2Only"),
        ("scheduler", ["wrr", "rr"], "Scheduling: weighted round robin → round robin"),
        ("health_check_port", [0, 80], "Check port: each server's own → 80"),
    ],
)
def test_a_field_is_called_as_in_its_form(field: str, values: list[object], words: str) -> None:
    assert told({field: values}) == words


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(number, "server") for number in (0, 1, 2)] == ["0 servers", "1 server", "2 servers"]


def test_server_groups_are_told_by_name() -> None:
    listener = factories.make_listener()
    before, other = factories.group_of(listener), factories.make_server_group()
    services.update_listener(OPERATOR, listener.pk, server_group_id=other.pk)
    assert _last_summary() == f"Server group: {before} → {other}"
    assert Change.objects.latest("id").detail["fields"] == {"server_group_id": [before.pk, other.pk]}


def test_the_feed_is_in_one_language_whichever_the_operator_reads() -> None:
    listener = factories.make_listener()
    with translation.override("zh-hans"):
        services.change_default_certificate(
            OPERATOR, listener.pk, certificate_id=factories.make_server_certificate().pk
        )
    assert _last_summary().startswith("Default server certificate: ")
    assert _last_summary().isascii() or "→" in _last_summary()


def test_a_group_of_one_is_told_in_the_singular() -> None:
    services.create_server_group(OPERATOR, name="one", servers=[ServerSpec("10.0.0.1", 80)])
    assert _last_summary() == "one with 1 server"


def test_who_is_too_late_reads_the_words_of_the_form() -> None:
    listener = factories.make_listener()
    services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=306)
    with pytest.raises(StaleError, match="Idle timeout: 900 s → 306 s"):
        services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=60, expected_revision=1)
