"""Applying a manifest: what it creates, changes and deletes, and that a refusal leaves everything as it was."""

from typing import Any

import pytest

from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError
from events.actor import COMMAND
from events.models import Change
from listeners import services
from listeners.models import Listener, LoadBalancer, Server, ServerGroup
from manifests.document import stored_document
from manifests.planning import PlannedChange
from manifests.reading import checked_manifest, read_object
from manifests.services import apply_manifest, plan_manifest
from manifests.words import plan_lines
from tests.certs import make_leaf
from tests.factories import OPERATOR, make_ca_certificate, make_server_certificate, store_certificate

pytestmark = pytest.mark.django_db

TEXT = """
server_groups:
  - name: web
    protocol: HTTP
    servers:
      - {address: 10.0.0.1, port: 80}
      - {address: 10.0.0.2, port: 80}
load_balancers:
  - name: edge
    product: ALB
    edition: Standard
    bind_address: 127.0.0.1
    listeners:
      - port: 443
        protocol: HTTPS
        server_group: web
        certificate: shop
        rules:
          - name: pictures
            conditions: [{type: Path, values: [/img/*]}]
            actions: [{type: ForwardGroup, groups: [{server_group: web}]}]
      - port: 80
        protocol: HTTP
        redirect_port: 443
"""


@pytest.fixture(autouse=True)
def shop() -> None:
    store_certificate(make_leaf("shop.test"), name="shop")


def applied(text: str, **options: Any) -> list[str]:
    """Apply a text and return what was done, a line each."""
    outcome = apply_manifest(COMMAND, checked_manifest(read_object(text.encode())[0]), **options)
    return [f"{change.action} {change.kind} {change.name}" for change in outcome.changes]


def planned(text: str, **options: Any) -> list[PlannedChange]:
    return list(plan_manifest(COMMAND, checked_manifest(read_object(text.encode())[0]), **options).changes)


def refused(text: str, kind: type[DomainError] = DomainError) -> DomainError:
    """Apply a text that is refused; return the refusal, once it is sure that nothing was stored."""
    before, changes = stored_document(), Change.objects.count()
    with pytest.raises(kind) as refusal:
        applied(text)
    assert (stored_document(), Change.objects.count()) == (before, changes)
    return refusal.value


def test_everything_is_created_in_one_go() -> None:
    assert applied(TEXT) == [
        "create server group web",
        "create load balancer edge",
        "create listener edge:80/tcp",
        "create listener edge:443/tcp",
    ]
    listener = Listener.objects.get(port=443)
    assert (listener.protocol, listener.rules.get().name, listener.default_certificate_id is None) == (
        "HTTPS",
        "pictures",
        False,
    )


def test_the_second_time_nothing_is_done() -> None:
    applied(TEXT)
    changes, revisions = Change.objects.count(), list(Listener.objects.values_list("revision"))
    assert applied(TEXT) == []
    assert (Change.objects.count(), list(Listener.objects.values_list("revision"))) == (changes, revisions)


def test_another_spelling_of_the_same_is_no_change() -> None:
    applied(TEXT)
    turned = TEXT.replace("10.0.0.1", "X").replace("10.0.0.2", "10.0.0.1").replace("X", "10.0.0.2")
    changes = Change.objects.count()
    assert applied(turned) == []
    assert Change.objects.count() == changes


def test_a_plan_changes_nothing_and_says_what_would_change() -> None:
    applied(TEXT)
    (change,) = planned(TEXT.replace("10.0.0.2, port: 80", "10.0.0.3, port: 81"))
    assert list(plan_lines([change])) == [
        "~ server group web",
        '    servers: - {"address": "10.0.0.2", "port": 80, "weight": 100, "description": ""}',
        '    servers: + {"address": "10.0.0.3", "port": 81, "weight": 100, "description": ""}',
        "0 to create, 1 to change, 0 to delete.",
    ]
    assert not Server.objects.filter(address="10.0.0.3").exists()


def test_what_is_left_out_stays_as_it_is() -> None:
    applied(TEXT)
    group = ServerGroup.objects.get(name="web")
    services.update_server_group(OPERATOR, group.pk, scheduler="rr")
    assert applied(TEXT) == []
    group.refresh_from_db()
    assert group.scheduler == "rr"


def test_what_is_not_declared_is_deleted_only_when_asked() -> None:
    applied(TEXT)
    less = TEXT.partition("      - port: 80\n")[0]
    assert applied(less) == []
    assert applied(less, prune=True) == ["delete listener edge:80/tcp"]
    with pytest.raises(InvalidInputError) as refusal:
        applied("version: 1", prune=True)
    assert refusal.value.code == "manifest.prunes-all"
    assert applied("load_balancers: []", prune=True) == [
        "delete server group web",
        "delete load balancer edge",
        "delete listener edge:443/tcp",
    ]
    assert not LoadBalancer.objects.exists()


def test_mutual_authentication_goes_on_and_off() -> None:
    applied(TEXT)
    authority = make_ca_certificate()
    on = TEXT.replace(
        "certificate: shop",
        f"certificate: shop\n        mutual_authentication: true\n        ca_certificate: {authority}",
    )
    assert applied(on) == ["update listener edge:443/tcp"]
    assert Listener.objects.get(port=443).ca_certificate_id == authority.pk
    assert applied(on.replace("authentication: true", "authentication: false").replace("ca_certificate", "#")) == [
        "update listener edge:443/tcp"
    ]


def test_rules_that_change_places_are_changed_at_once() -> None:
    rules = """
          - name: {}
            conditions: [{{type: Host, values: [one.test]}}]
            actions: [{{type: FixedResponse, code: 200, content: one}}]
          - name: {}
            conditions: [{{type: Host, values: [two.test]}}]
            actions: [{{type: FixedResponse, code: 200, content: two}}]
"""
    listener = TEXT.partition("        rules:")[0] + "        rules:"
    applied(listener + rules.format("first", "second"))
    assert applied(listener + rules.format("second", "first")) == ["update listener edge:443/tcp"]
    names = list(Listener.objects.get(port=443).rules.order_by("priority").values_list("name", flat=True))
    assert names == ["second", "first"]


def test_more_certificates_than_one_operation_takes_are_added() -> None:
    names = [make_server_certificate().name for _each in range(17)]
    many = TEXT.replace("certificate: shop", f"certificate: shop\n        additional_certificates: {names}")
    applied(many)
    assert Listener.objects.get(port=443).bindings.filter(role="additional").count() == 17
    assert applied(many) == []
    assert applied(many.replace(str(names), "[]")) == ["update listener edge:443/tcp"]


LISTENER = "load_balancers.0.listeners.0"


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        ("certificate: shop", "certificate: cheese", f"{LISTENER}.certificate", "certificate-not-found"),
        ("group: web}]", "group: wob}]", f"{LISTENER}.rules.0.actions.0.groups.0.server_group", "group-not-found"),
        ("port: 80}\n      - {", "port: 0}\n      - {", "server_groups.0.servers", "port-invalid"),
        ("/img/*", "img", f"{LISTENER}.rules.0.conditions.0.values.0", ""),
        ("bind_address: 127.0.0.1", "bind_address: here", "load_balancers.0.bind_address", "address-invalid"),
        ("ALB\n    edition: Standard", "NLB", f"{LISTENER}.protocol", "not-of-product"),
        ("  - name: web", "  - {name: web}\n  - name: web", "server_groups.1", "object-twice"),
    ],
)
def test_what_is_refused_is_named_by_its_place_and_stores_nothing(old: str, new: str, field: str, code: str) -> None:
    assert old in TEXT
    error = refused(TEXT.replace(old, new))
    assert error.field == field
    assert code in error.code
    assert error.way_out


def test_what_is_for_life_is_not_changed() -> None:
    applied(TEXT)
    quic = TEXT.replace("protocol: HTTP\n        redirect_port: 443", "protocol: HTTPS\n        certificate: shop")
    assert refused(quic, ConflictError).code == "manifest.protocol-fixed"
    assert refused(TEXT.replace("product: ALB", "product: NLB").replace("edition: Standard", "tags: {}")).code == (
        "manifest.product-fixed"
    )


def test_a_plan_that_is_out_of_date_is_not_applied() -> None:
    manifest = checked_manifest(read_object(TEXT.encode())[0])
    plan = plan_manifest(COMMAND, manifest)
    services.create_server_group(OPERATOR, name="web", protocol="HTTP")
    with pytest.raises(ConflictError) as refusal:
        apply_manifest(COMMAND, manifest, expected=plan)
    assert refusal.value.code == "manifest.plan-stale"
    assert not LoadBalancer.objects.exists()


def test_what_protects_itself_is_not_pruned() -> None:
    applied(TEXT)
    services.update_load_balancer(OPERATOR, LoadBalancer.objects.get().pk, deletion_protection=True)
    with pytest.raises(ConflictError):
        applied("load_balancers: []", prune=True)
    assert LoadBalancer.objects.get().listeners.count() == 2


def test_a_certificate_is_named_never_held() -> None:
    assert "certificates" not in stored_document()
    with pytest.raises(InvalidInputError):
        applied("certificates: [{name: shop}]")
    assert isinstance(refused(TEXT.replace("certificate: shop", "certificate: none")), NotFoundError)
