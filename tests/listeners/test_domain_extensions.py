"""Domain extensions: the additional certificates of a Classic Load Balancer, each for one name."""

import pytest

from certificates.models import Certificate
from certificates.services import replace_certificate
from console.errors import ConflictError, DomainError, NotFoundError
from listeners import selectors, services
from listeners.explanation import Client
from listeners.limits import set_quota
from listeners.models import Listener
from listeners.services import DomainExtension
from tests import factories
from tests.certs import make_leaf, rsa_key
from tests.factories import OPERATOR
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db


def certificate_for(*names: str) -> Certificate:
    """Return a certificate that the region's Classic Load Balancers may use."""
    certificate = factories.make_server_certificate(*names, key=rsa_key(2048))
    region = factories.make_load_balancer(product="CLB").region
    services.add_regional_certificate(OPERATOR, certificate.pk, regions=[region])
    return certificate


def add(listener: Listener, *extensions: tuple[str, Certificate]) -> Listener:
    given = [DomainExtension(domain, certificate.pk) for domain, certificate in extensions]
    return services.add_domain_extensions(OPERATOR, listener.pk, extensions=given)


def refusal(listener: Listener, *extensions: tuple[str, Certificate]) -> DomainError:
    before = listener.bindings.count()
    with pytest.raises(DomainError) as caught:
        add(listener, *extensions)
    assert listener.bindings.count() == before
    return caught.value


@pytest.fixture
def listener() -> Listener:
    set_quota(OPERATOR, "slb_call_domain_extensions_num", 3)
    return factories.make_listener(product="CLB", name="shop")


def served(listener: Listener, name: str) -> str:
    match = selectors.certificate_for(listener, Client(name))
    assert match.binding
    return match.binding.certificate_id


def test_the_exact_name_wins_over_the_longest_wildcard_and_that_over_shorter_ones(listener: Listener) -> None:
    names = ("www.shop.example.test", "*.shop.example.test", "*.example.test")
    certificates = {name: certificate_for(name) for name in names}
    add(listener, *certificates.items())
    listener = Listener.objects.get(pk=listener.pk)
    assert served(listener, "www.shop.example.test") == certificates["www.shop.example.test"].pk
    assert served(listener, "api.shop.example.test") == certificates["*.shop.example.test"].pk
    assert served(listener, "mail.example.test") == certificates["*.example.test"].pk
    assert served(listener, "example.test") == listener.default_certificate_id


def test_an_extension_serves_its_own_name_and_no_other_of_its_certificate(listener: Listener) -> None:
    certificate = certificate_for("a.example.test", "b.example.test")
    add(listener, ("a.example.test", certificate))
    listener = Listener.objects.get(pk=listener.pk)
    assert served(listener, "a.example.test") == certificate.pk
    assert served(listener, "b.example.test") == listener.default_certificate_id
    add(listener, ("b.example.test", certificate))
    assert served(listener, "b.example.test") == certificate.pk


def test_a_domain_is_one_that_clients_accept_the_certificate_for(listener: Listener) -> None:
    certificate = certificate_for("*.example.test", "example.test")
    for domain in ("other.test", "a.b.example.test", "*.b.example.test"):
        error = refusal(listener, (domain, certificate))
        assert (error.code, error.field) == ("listener.domain-not-on-certificate", "domain_extensions")
        assert "*.example.test" in error.way_out
    add(listener, ("WWW.Example.test.", certificate))
    assert list(listener.bindings.exclude(domain="").values_list("domain", flat=True)) == ["www.example.test"]


@pytest.mark.parametrize("domain", ["", "*", "f*.example.test", "192.0.2.1", "a b.test", "localhost", "\ud800.test"])
def test_what_nobody_can_ask_for_is_refused(listener: Listener, domain: str) -> None:
    assert refusal(listener, (domain, certificate_for("example.test"))).code == "listener.domain-invalid"


def test_a_domain_has_one_certificate(listener: Listener) -> None:
    certificate = certificate_for("a.example.test")
    twice = refusal(listener, ("a.example.test", certificate), ("A.example.test", certificate))
    add(listener, ("a.example.test", certificate))
    again = refusal(listener, ("a.example.test", certificate))
    assert twice.code == again.code == "listener.domain-taken"


def test_they_are_limited_for_each_listener_and_operation() -> None:
    listener = factories.make_listener(product="CLB")
    certificate = certificate_for(*(f"{letter}.example.test" for letter in "abcd"))
    two = refusal(listener, ("a.example.test", certificate), ("b.example.test", certificate))
    assert two.code == "listener.too-many-per-operation"
    for letter in "abc":
        add(listener, (f"{letter}.example.test", certificate))
    fourth = refusal(listener, ("d.example.test", certificate))
    assert fourth.code == "quota.exceeded"
    assert "slb_quota_domain_extensions_num" in fourth.way_out
    other = factories.make_listener(load_balancer_id=listener.load_balancer_id)
    add(other, ("d.example.test", certificate))


def test_one_is_changed_rolled_back_and_removed(listener: Listener) -> None:
    first, second = certificate_for("a.example.test"), certificate_for("a.example.test")
    add(listener, ("a.example.test", first))
    services.change_domain_extension(OPERATOR, listener.pk, domain="a.example.test", certificate_id=second.pk)
    binding = listener.bindings.get(domain="a.example.test")
    assert (binding.certificate_id, binding.previous_certificate_id) == (second.pk, first.pk)
    services.roll_back_binding(OPERATOR, binding.pk)
    assert listener.bindings.get(domain="a.example.test").certificate_id == first.pk
    other = certificate_for("b.example.test")
    with pytest.raises(ConflictError) as caught:
        services.change_domain_extension(OPERATOR, listener.pk, domain="a.example.test", certificate_id=other.pk)
    assert caught.value.field == "certificate_id"
    services.remove_domain_extensions(OPERATOR, listener.pk, domains=["a.example.test"])
    with pytest.raises(NotFoundError):
        services.remove_domain_extensions(OPERATOR, listener.pk, domains=["a.example.test"])


def test_one_is_not_rolled_back_to_a_certificate_that_has_lost_its_name(listener: Listener) -> None:
    first, second = certificate_for("a.example.test"), certificate_for("a.example.test")
    add(listener, ("a.example.test", first))
    services.change_domain_extension(OPERATOR, listener.pk, domain="a.example.test", certificate_id=second.pk)
    other = make_leaf("b.example.test", key=rsa_key(2048))
    replace_certificate(
        OPERATOR, first.pk, certificate_pem=other.chain_pem, private_key_pem=other.key_pem, reason="moved"
    )
    with pytest.raises(ConflictError) as caught:
        services.roll_back_binding(OPERATOR, listener.bindings.get(domain="a.example.test").pk)
    assert caught.value.code == "listener.domain-not-on-certificate"


def test_other_products_have_additional_certificates_and_a_clb_has_none() -> None:
    nlb, clb = factories.make_listener(), factories.make_listener(product="CLB")
    certificate = certificate_for("a.example.test")
    assert refusal(nlb, ("a.example.test", certificate)).field == "domain_extensions"
    with pytest.raises(DomainError) as caught:
        services.add_additional_certificates(OPERATOR, clb.pk, certificate_ids=[certificate.pk])
    assert "domain extensions" in caught.value.message


def test_domain_extensions_over_rest(rest: Call) -> None:
    listener = factories.make_listener(product="CLB")
    first, second = certificate_for("*.example.test"), certificate_for("*.example.test")
    path = f"/listeners/{listener.pk}/domain-extensions"
    added = rest("POST", path, {"extensions": [{"domain": "*.example.test", "certificate_id": first.pk}]})
    assert added.json()["additional_count"] == 1
    changed = rest("PUT", f"{path}/*.example.test", {"certificate_id": second.pk})
    assert changed.status_code == 200
    items = rest("GET", f"/listeners/{listener.pk}/certificates?role=additional").json()["items"]
    assert [(row["domain"], row["certificate_id"]) for row in items] == [("*.example.test", second.pk)]
    assert rest("DELETE", f"{path}/*.example.test").json()["additional_count"] == 0
    assert rest("DELETE", f"{path}/*.example.test").status_code == 404
