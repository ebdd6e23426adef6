"""Forwarding rules in the database: created, changed, ordered and deleted, several at once, all or none."""

from typing import Any

import pytest

from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError, StaleError
from events.models import Change
from listeners import services
from listeners.models import Edition, ForwardingRule, Listener, Product, RuleServerGroup, ServerGroup
from listeners.selectors.forwarding_rules import rules_of
from listeners.services.forwarding_rules import create_rules, delete_rules, order_rules, update_rules
from tests.dataplane.rows import OPERATOR

pytestmark = pytest.mark.django_db


def make_group(name: str = "others", protocol: str = "HTTP") -> ServerGroup:
    return services.create_server_group(OPERATOR, name=name, protocol=protocol)


def make_http_listener(product: str = Product.ALB, edition: str = Edition.STANDARD, port: int = 8000) -> Listener:
    balancer = services.create_load_balancer(
        OPERATOR,
        name=f"balancer-{product}-{port}",
        bind_address="127.0.0.1",
        product=product,
        edition=edition if product == Product.ALB else "",
    )
    group = make_group(f"default-{port}")
    return services.create_listener(
        OPERATOR, load_balancer_id=balancer.pk, port=port, protocol="HTTP", server_group_id=group.pk
    )


def forward(group: ServerGroup) -> dict[str, Any]:
    return {"type": "ForwardGroup", "groups": [{"server_group_id": group.pk}]}


def fields(path: str = "/a", **more: Any) -> Any:
    gone = {"type": "FixedResponse", "code": 410}
    return {"name": f"rule {path}", "conditions": [{"type": "Path", "values": [path]}], "actions": [gone], **more}


def names(listener: Listener) -> list[str]:
    return [row.name for row in rules_of(listener)]


def refused(error: type[DomainError], listener: Listener, *rules: Any) -> DomainError:
    with pytest.raises(error) as caught:
        create_rules(OPERATOR, listener.pk, rules)
    assert caught.value.way_out
    return caught.value


def test_rules_without_a_priority_come_last() -> None:
    listener = make_http_listener()
    create_rules(OPERATOR, listener.pk, [fields("/a", priority=10), fields("/b"), fields("/c", priority=5)])
    assert [(row.name, row.priority) for row in rules_of(listener)] == [
        ("rule /c", 5),
        ("rule /a", 10),
        ("rule /b", 11),
    ]


def test_rule_keeps_the_server_groups_that_it_names() -> None:
    listener, group = make_http_listener(), make_group()
    (row,) = create_rules(OPERATOR, listener.pk, [fields(actions=[forward(group)])])
    assert RuleServerGroup.objects.filter(rule=row, server_group=group).count() == 1
    with pytest.raises(ConflictError):
        services.delete_server_group(OPERATOR, group.pk)
    update_rules(OPERATOR, listener.pk, {row.pk: {"actions": [{"type": "FixedResponse", "code": 404}]}})
    services.delete_server_group(OPERATOR, group.pk)


def test_change_is_one_change_of_the_listener() -> None:
    listener = make_http_listener()
    before = Change.objects.count()
    create_rules(OPERATOR, listener.pk, [fields("/a"), fields("/b")])
    change = Change.objects.order_by("-id").first()
    assert change is not None
    assert (Change.objects.count(), change.object_type, change.object_id) == (before + 1, "listener", listener.pk)
    assert change.summary == "Forwarding rules created: “rule /a”, “rule /b”"
    listener.refresh_from_db()
    assert listener.revision == 2


def test_one_bad_rule_of_several_stores_none() -> None:
    listener = make_http_listener()
    refused(InvalidInputError, listener, fields("/a"), fields("/b", actions=[]))
    assert names(listener) == []


def test_taken_priority_is_refused_with_the_next_free_one() -> None:
    listener = make_http_listener()
    create_rules(OPERATOR, listener.pk, [fields("/a", priority=1), fields("/b", priority=2)])
    error = refused(ConflictError, listener, fields("/c", priority=1))
    assert (error.code, error.field) == ("rule.priority-taken", "priority")
    assert "3 is free" in error.way_out


def test_priorities_are_counted_for_each_direction() -> None:
    listener = make_http_listener()
    answer = fields("/x", priority=1, direction="Response")
    create_rules(OPERATOR, listener.pk, [fields("/a", priority=1), answer])
    assert len(names(listener)) == 2


def test_rules_change_places() -> None:
    listener = make_http_listener()
    first, second = create_rules(OPERATOR, listener.pk, [fields("/a", priority=1), fields("/b", priority=2)])
    update_rules(OPERATOR, listener.pk, {first.pk: {"priority": 2}, second.pk: {"priority": 1}})
    assert names(listener) == ["rule /b", "rule /a"]


def test_order_shares_out_the_priorities_that_there_are() -> None:
    listener = make_http_listener()
    made = create_rules(OPERATOR, listener.pk, [fields(f"/{n}", priority=n * 10) for n in (1, 2, 3)])
    order_rules(OPERATOR, listener.pk, [made[2].pk, made[0].pk, made[1].pk])
    assert [(row.name, row.priority) for row in rules_of(listener)] == [
        ("rule /3", 10),
        ("rule /1", 20),
        ("rule /2", 30),
    ]
    with pytest.raises(InvalidInputError):
        order_rules(OPERATOR, listener.pk, [made[0].pk])


def test_stale_changes_are_refused() -> None:
    listener = make_http_listener()
    (row,) = create_rules(OPERATOR, listener.pk, [fields()], expected_revision=1)
    with pytest.raises(StaleError):
        create_rules(OPERATOR, listener.pk, [fields("/b")], expected_revision=1)
    update_rules(OPERATOR, listener.pk, {row.pk: {"name": "new name"}}, expected_rule_revision=1)
    with pytest.raises(StaleError):
        update_rules(OPERATOR, listener.pk, {row.pk: {"name": "other"}}, expected_rule_revision=1)


def test_change_of_nothing_is_no_change() -> None:
    listener = make_http_listener()
    (row,) = create_rules(OPERATOR, listener.pk, [fields()])
    before = Change.objects.count()
    update_rules(OPERATOR, listener.pk, {row.pk: fields()})
    assert Change.objects.count() == before


def test_deleted_rules_are_gone_and_unknown_ones_are_named() -> None:
    listener = make_http_listener()
    made = create_rules(OPERATOR, listener.pk, [fields("/a"), fields("/b")])
    with pytest.raises(NotFoundError):
        delete_rules(OPERATOR, listener.pk, [made[0].pk, "rule-none"])
    delete_rules(OPERATOR, listener.pk, [row.pk for row in made])
    assert ForwardingRule.objects.count() == 0


def test_rules_of_another_listener_are_not_found() -> None:
    first, second = make_http_listener(), make_http_listener(port=8001)
    (row,) = create_rules(OPERATOR, first.pk, [fields()])
    with pytest.raises(NotFoundError):
        delete_rules(OPERATOR, second.pk, [row.pk])


def test_basic_edition_says_what_it_knows() -> None:
    listener = make_http_listener(edition=Edition.BASIC)
    error = refused(InvalidInputError, listener, fields())
    assert (error.code, error.field) == ("rule.edition-type", "actions.0.type")
    assert "ForwardGroup, Redirect" in error.way_out
    method = {"type": "Method", "values": ["GET"]}
    assert refused(InvalidInputError, listener, fields(conditions=[method])).field == "conditions.0.type"


def test_limits_of_a_rule_are_those_of_the_edition() -> None:
    listener = make_http_listener()
    conditions = [{"type": "Header", "key": f"x-{n}", "values": ["a"]} for n in range(11)]
    assert refused(ConflictError, listener, fields(conditions=conditions)).code == "quota.exceeded"
    wild = [{"type": "Path", "values": [f"/{n}*" for n in range(11)]}]
    assert refused(ConflictError, listener, fields(conditions=wild)).field == "conditions"


def test_rules_of_a_load_balancer_are_limited() -> None:
    listener = make_http_listener()
    create_rules(OPERATOR, listener.pk, [fields(f"/{n}") for n in range(100)])
    assert refused(ConflictError, listener, fields("/more")).code == "quota.exceeded"


def test_group_of_another_protocol_is_refused() -> None:
    listener = make_http_listener()
    error = refused(ConflictError, listener, fields(actions=[forward(make_group(protocol="gRPC"))]))
    assert error.field == "actions.0.server_group_id"


def test_absent_group_is_refused() -> None:
    listener = make_http_listener()
    absent = {"type": "ForwardGroup", "groups": [{"server_group_id": "sgp-absent"}]}
    assert refused(NotFoundError, listener, fields(actions=[absent])).code == "server-group.not-found"


def classic(name: str, domain: str = "", url: str = "", group: ServerGroup | None = None) -> Any:
    found = group or ServerGroup.objects.get(name="others")
    return {"name": name, "domain": domain, "url": url, "server_group_id": found.pk}


def test_rules_of_a_clb_order_themselves_by_exactness() -> None:
    listener, _group = make_http_listener(Product.CLB), make_group()
    rules = [
        classic("url", url="/long/url"),
        classic("wild", "*.test"),
        classic("exact", "www.a.test"),
        classic("longer", "*.a.test"),
        classic("exact-url", "www.a.test", "/x"),
        classic("short-url", url="/a"),
    ]
    create_rules(OPERATOR, listener.pk, rules)
    assert names(listener) == ["exact-url", "exact", "longer", "wild", "url", "short-url"]
    row = next(row for row in rules_of(listener) if row.name == "url")
    update_rules(OPERATOR, listener.pk, {row.pk: {"domain": "z.test"}})
    assert names(listener) == ["exact-url", "exact", "url", "longer", "wild", "short-url"]
    with pytest.raises(ConflictError):
        order_rules(OPERATOR, listener.pk, [])


def test_rules_of_a_clb_have_a_domain_or_a_url_of_their_own() -> None:
    listener, _group = make_http_listener(Product.CLB), make_group()
    assert refused(InvalidInputError, listener, classic("none")).code == "rule.no-condition"
    assert refused(InvalidInputError, listener, classic("root", url="/")).code == "rule.url-invalid"
    assert refused(InvalidInputError, listener, fields()).code == "rule.field-not-of-product"
    create_rules(OPERATOR, listener.pk, [classic("one", "a.test", "/x")])
    assert refused(ConflictError, listener, classic("two", "A.test", "/x")).code == "rule.duplicate"
    twice = [classic("three", "b.test"), classic("four", "B.test")]
    assert refused(ConflictError, listener, *twice).field == "rules.1.domain"
    assert (
        refused(ConflictError, listener, *[classic(f"n{n}", url=f"/{n}") for n in range(11)]).code == "quota.exceeded"
    )
