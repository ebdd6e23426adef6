"""A listener whose port is taken, and what ``checklisteners`` says of one that is not served."""

import socket

import pytest

from certificates.models import Certificate, SealedKey
from listeners import services
from listeners.models import ListenerStatus
from tests.certs import make_leaf
from tests.e2e.clients import round_trip, served
from tests.e2e.conftest import Backend
from tests.e2e.site import OPERATOR, Site, receipts_of, serve, state_of, status_of
from tests.factories import make_listener, make_server_group, store_certificate
from tests.waiting import wait_until

State = ListenerStatus.State


@pytest.fixture(scope="module")
def is_measured() -> bool:
    return True


def test_port_of_another_process_blocks_the_listener_until_it_is_free(site: Site, backend: Backend) -> None:
    group = make_server_group(servers=[services.ServerSpec("127.0.0.1", backend.port)])
    with socket.create_server(("127.0.0.1", 0)) as holder:
        listener = make_listener(port=holder.getsockname()[1], server_group_id=group.pk)
        wait_until(lambda: state_of(listener) == State.BLOCKED)
        status = status_of(listener)
        assert status
        (problem,) = status.problems
        assert problem["code"] == "listener.port-held"
        assert f"127.0.0.1:{listener.port} is held by python" in problem["message"]
        done = site.command("checklisteners", listener.pk)
        assert done.returncode == 1
        assert "is held by python" in done.stderr
    wait_until(lambda: state_of(listener) == State.RUNNING)
    assert round_trip(listener.port)
    wait_until(lambda: receipts_of(listener))
    assert all(receipt.is_expected for receipt in receipts_of(listener))  # none of what the other process answered
    done = site.command("checklisteners", listener.pk, "--wait", "20")
    assert (done.returncode, done.stderr) == (0, "")


def test_address_of_another_machine_is_named(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    services.update_load_balancer(OPERATOR, listener.load_balancer_id, bind_address="192.0.2.1")
    wait_until(lambda: state_of(listener) == State.BLOCKED)
    status = status_of(listener)
    assert status
    assert "192.0.2.1 is not an address of this machine" in status.problems[0]["message"]
    assert round_trip(listener.port)  # where it was served before


def test_rejected_certificate_leaves_the_last_good_one_serving_and_says_why(site: Site, backend: Backend) -> None:
    good = make_leaf("a.test")
    listener = serve(backend.port, certificate_id=store_certificate(good).pk)
    broken = store_certificate(make_leaf("b.test"))
    _give_key_of(store_certificate(make_leaf("c.test")), broken)
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=broken.pk)
    wait_until(lambda: state_of(listener) == State.REJECTED)
    status = status_of(listener)
    assert status
    assert "key" in status.problems[0]["message"].lower()
    assert served(listener.port) == good.sha256
    done = site.command("checklisteners", listener.pk)
    assert done.returncode == 1
    assert listener.pk in done.stderr
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=store_certificate(make_leaf("d.test")).pk)
    wait_until(lambda: state_of(listener) == State.RUNNING)


def _give_key_of(other: Certificate, certificate: Certificate) -> None:
    """Put another's key behind a certificate, which no service would do."""
    token = SealedKey.objects.get(version=other.current_version).token
    SealedKey.objects.filter(version=certificate.current_version).update(token=token)
