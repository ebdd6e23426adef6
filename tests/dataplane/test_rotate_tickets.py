"""New session ticket keys reach 10,000 filter chains a few at a time, so that the engine is never busy for long."""

from dataplane.envoy.names import ticket_secret, ticket_secrets
from dataplane.envoy.resources import CompiledListener
from dataplane.follow import CHAINS_AT_ONCE, ticket_turns


def compiled(listener_id: str, tickets: dict[str, int]) -> CompiledListener:
    return CompiledListener(listener_id, None, {}, {}, {}, {}, (), tickets=tickets)


def test_every_name_has_its_turn_once() -> None:
    listeners = [compiled(f"lsn-{n}", {f"listener/lsn-{n}/tickets": 1}) for n in range(1000)]
    turns = list(ticket_turns(listeners))
    assert [name for turn in turns for name in turn] == [name for one in listeners for name in one.tickets]
    assert max(map(len, turns)) == CHAINS_AT_ONCE


def test_names_of_many_chains_have_turns_of_their_own() -> None:
    large = compiled("lsn-1", dict.fromkeys(ticket_secrets("lsn-1"), CHAINS_AT_ONCE))
    assert list(ticket_turns([large])) == [[name] for name in large.tickets]


def test_without_listeners_there_is_no_turn() -> None:
    assert list(ticket_turns([])) == []
    assert list(ticket_turns([compiled("lsn-1", {})])) == []


def test_chains_of_one_listener_share_out_its_names() -> None:
    names = {ticket_secret(f"listener/lsn-1/{binding}") for binding in range(1000)}
    assert names | {ticket_secret("listener/lsn-1/default")} == set(ticket_secrets("lsn-1"))
