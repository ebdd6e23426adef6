"""Load balancers, listeners and regional certificates from the command line, refused in the same words as elsewhere."""

import io

import pytest
from django.core.management import CommandError, call_command

from events.models import Change
from listeners import selectors
from listeners.models import Listener, LoadBalancer, RegionalCertificate
from tests import factories
from tests.certs import rsa_key

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run a command and return what it prints."""
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    return str(caught.value)


def test_a_load_balancer_is_created_changed_listed_and_deleted() -> None:
    pk = run("loadbalancer", "create", "edge", "127.0.0.1", "--product=ALB", "--edition=Basic", "--tag=team=payments")
    run("loadbalancer", "update", pk, "--edition=Standard", "--deletion-protection=on", "--tag=pci")
    assert selectors.tags_of_one("load_balancer", pk) == {"team": "payments", "pci": ""}
    assert run("loadbalancer", "list", "--tag=pci").split("\t")[:4] == [pk, "ALB", "Standard", "edge"]
    assert run("loadbalancer", "list", "--product=CLB") == ""
    assert "protected from deletion" in refusal("loadbalancer", "delete", pk)
    run("loadbalancer", "update", pk, "--deletion-protection=off")
    run("loadbalancer", "delete", pk)
    assert not LoadBalancer.objects.exists()
    assert set(Change.objects.values_list("actor_via", flat=True)) == {"command"}


def test_a_listener_is_created_changed_stopped_started_and_deleted() -> None:
    balancer = factories.make_load_balancer(product="ALB")
    group, certificate = factories.make_server_group(protocol="HTTP"), factories.make_server_certificate()
    pk = run(
        "listener", "create", balancer.pk, "443", f"--server-group={group.pk}", f"--certificate={certificate.pk}",
        "--name=shop", "--http2=off", "--idle-timeout=30", "--tag=team=payments",
    )  # fmt: skip
    listener = Listener.objects.get(pk=pk)
    assert (listener.protocol, listener.http2_enabled, listener.idle_timeout_seconds) == ("HTTPS", False, 30)
    assert run("listener", "list", "--tag=team").split("\t")[:4] == [pk, balancer.pk, "HTTPS", "443"]
    run("listener", "update", pk, "--request-timeout=5", "--http2=on")
    listener.refresh_from_db()
    assert (listener.request_timeout_seconds, listener.http2_enabled) == (5, True)
    for action, desired in (("stop", "stopped"), ("start", "running")):
        run("listener", action, pk)
        listener.refresh_from_db()
        assert listener.desired == desired
    run("listener", "delete", pk)
    assert not Listener.objects.exists()


def test_a_redirect_takes_the_place_of_a_server_group() -> None:
    balancer, group = factories.make_load_balancer(product="ALB"), factories.make_server_group(protocol="HTTP")
    pk = run("listener", "create", balancer.pk, "80", "--protocol=HTTP", "--redirect-port=443")
    run("listener", "update", pk, "--redirect-port=none", f"--server-group={group.pk}")
    listener = Listener.objects.get(pk=pk)
    assert (listener.redirect_port, listener.server_group_id) == (None, group.pk)


def test_a_refusal_says_the_field_the_rule_and_the_way_out() -> None:
    balancer = factories.make_load_balancer()
    text = refusal("listener", "create", balancer.pk, "443", "--protocol=HTTPS")
    assert text.startswith("protocol: ")
    assert "its protocols are TCP, UDP, TCPSSL" in text
    assert "Choose TCPSSL" in text
    assert "DOMAIN=ID" in refusal("listener", "create", balancer.pk, "443", "--domain-extension=a.test")


def test_a_certificate_is_added_to_regions_listed_and_removed() -> None:
    certificate = factories.make_server_certificate(key=rsa_key(2048))
    run("regionalcertificate", "add", certificate.pk, "cn-hangzhou", "eu-central-1")
    line = run("regionalcertificate", "list", "--region=cn-hangzhou")
    assert line.split("\t") == ["cn-hangzhou", certificate.pk, "server", certificate.name, "free"]
    run("regionalcertificate", "remove", certificate.pk, "cn-hangzhou")
    assert RegionalCertificate.objects.get().region == "eu-central-1"
    assert "was not added" in refusal("regionalcertificate", "remove", certificate.pk, "cn-hangzhou")


def test_names_that_options_use_as_words_are_names() -> None:
    assert LoadBalancer.objects.get(pk=run("loadbalancer", "create", "on", "127.0.0.1")).name == "on"
    listener = factories.make_listener()
    run("listener", "update", listener.pk, "--name=none")
    listener.refresh_from_db()
    assert listener.name == "none"


@pytest.mark.parametrize("kind", ["listener", "loadbalancer"])
def test_refused_tag_leaves_the_other_changes_undone(kind: str) -> None:
    row = factories.make_listener() if kind == "listener" else factories.make_load_balancer()
    before = row.name
    assert "tag" in refusal(kind, "update", row.pk, "--name=other", f"--tag=team={'x' * 200}")
    row.refresh_from_db()
    assert row.name == before
