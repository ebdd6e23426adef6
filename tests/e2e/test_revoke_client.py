"""A revoked client is refused, with a new handshake and with a resumed one; the others are let in."""

import contextlib
import datetime as dt
import os
import subprocess
from pathlib import Path

import pytest

from authorities.services import revoke_certificate
from certificates.models import Certificate, Kind
from certificates.revocation.services import carry_list, delete_list, update_list
from listeners.models import Listener
from tests.authorities.rows import issue_client, issued_of, make_root, make_subordinate
from tests.certs import Issued, make_ca, make_leaf, make_list
from tests.e2e.clients import HOST, connect, echo, refusal, round_trip
from tests.e2e.conftest import Backend
from tests.e2e.site import OPERATOR, Site, is_settled, serve, status_of
from tests.factories import store_bundle, store_certificate
from tests.waiting import wait_until

REFUSAL_SECONDS = 60
TEXT = b"this comes back\n"
REVOKED = "CERTIFICATE_REVOKED"
SHORT_LIFE = dt.timedelta(seconds=8)
POLICIES = {"TLSv1.2": "tls_cipher_policy_1_2", "TLSv1.3": "tls_cipher_policy_1_2_strict_with_1_3"}


def listen(backend: Backend, authority: Certificate, **fields: object) -> Listener:
    """Serve a listener that wants clients of one CA certificate."""
    return serve(backend.port, mutual_authentication=True, ca_certificate_id=authority.pk, **fields)


def carry(certificate: Certificate, issuer: Issued, *revoked: Issued, number: int = 1) -> None:
    """Have a CA certificate carry a fresh list."""
    carry_list(OPERATOR, certificate.pk, source="uploaded", der=make_list(issuer, *revoked, number=number))


@pytest.mark.parametrize("version", sorted(POLICIES))
def test_revoked_client_is_refused_on_new_and_resumed_handshakes(
    site: Site, backend: Backend, tmp_path: Path, version: str
) -> None:
    root = make_ca()
    good, bad, worse = (
        Client(tmp_path / name, make_leaf(f"{name}.test", issuer=root, client=True))
        for name in ("good", "bad", "worse")
    )
    authority = store_certificate(root, Kind.CA)
    listener = listen(backend, authority, security_policy=POLICIES[version])
    for number, revoked in enumerate(([bad], [bad, worse]), start=1):
        newest = revoked[-1]
        for client in (good, newest):
            assert client.begins_session(listener.port)
            assert client.resumes_session(listener.port)
        with connect(listener.port, client=newest.issued) as open_connection:
            assert echo(open_connection)
            assert open_connection.version() == version
            carry(authority, root, *(client.issued for client in revoked), number=number)
            await_refusal(listener.port, newest.issued)
            assert not newest.resumes_session(listener.port)
            assert not newest.begins_session(listener.port)
            assert good.begins_session(listener.port)
            assert echo(open_connection)


def test_list_of_an_intermediate_anchor_alone_lets_the_others_in(site: Site, backend: Backend) -> None:
    middle = make_ca("Middle", issuer=make_ca())
    authority = store_certificate(middle, Kind.CA)
    listener = listen(backend, authority)
    refuses_only_the_revoked(listener, authority, middle)


def test_list_for_the_lower_part_of_a_chain_lets_the_others_in(site: Site, backend: Backend) -> None:
    root = make_ca()
    middle = make_ca("Middle", issuer=root)
    authority = store_bundle(root, middle)
    listener = listen(backend, authority)
    refuses_only_the_revoked(listener, authority, middle)
    carry(authority, root)  # now the whole chain has lists
    wait_until(lambda: is_settled(listener))
    refuses_only_the_revoked(listener, authority, middle, number=2)
    carry(authority, root, middle, number=2)  # and the intermediate itself is revoked
    client = make_leaf("client.test", issuer=middle, client=True)
    wait_until(lambda: REVOKED in refusal(listener.port, client=client), REFUSAL_SECONDS)


def test_list_for_the_upper_part_of_a_chain_refuses_nobody_and_is_told(site: Site, backend: Backend) -> None:
    root = make_ca()
    middle = make_ca("Middle", issuer=root)
    authority = store_bundle(root, middle)
    listener = listen(backend, authority)
    carry(authority, root)
    wait_until(lambda: "crl.incomplete" in problems_of(listener))
    assert round_trip(listener.port, client=make_leaf("client.test", issuer=middle, client=True))


def test_list_of_a_subordinate_reaches_the_listeners_of_its_root(site: Site, backend: Backend) -> None:
    root = make_ca()
    middle = make_ca("Middle", issuer=root)
    authority, below = store_certificate(root, Kind.CA), store_certificate(middle, Kind.CA)
    listener = listen(backend, authority)
    carry(authority, root)
    client, bad = (make_leaf(f"{name}.test", issuer=middle, client=True) for name in ("client", "bad"))
    carry_list(OPERATOR, below.pk, source="authority", der=make_list(middle, bad))
    wait_until(lambda: REVOKED in refusal(listener.port, client=bad), REFUSAL_SECONDS)
    assert round_trip(listener.port, client=client)


def test_list_that_expires_is_kept_or_left_out_as_chosen_and_told(site: Site, backend: Backend) -> None:
    roots = {choice: make_ca(choice) for choice in ("refuse", "ignore")}
    authorities = {choice: store_certificate(root, Kind.CA) for choice, root in roots.items()}
    listeners = {choice: listen(backend, authority) for choice, authority in authorities.items()}
    clients = {choice: make_leaf("c.test", issuer=root, client=True) for choice, root in roots.items()}
    revoked = {choice: make_leaf("r.test", issuer=root, client=True) for choice, root in roots.items()}
    for choice, root in roots.items():
        der = make_list(root, revoked[choice], next_update=dt.datetime.now(dt.UTC) + SHORT_LIFE)
        row = carry_list(OPERATOR, authorities[choice].pk, source="uploaded", der=der)
        update_list(OPERATOR, authorities[choice].pk, row.pk, when_expired=choice)
    for choice, listener in listeners.items():
        await_refusal(listener.port, revoked[choice])
        assert round_trip(listener.port, client=clients[choice])
    wait_until(lambda: refusal(listeners["refuse"].port, client=clients["refuse"]), REFUSAL_SECONDS)
    wait_until(lambda: not refusal(listeners["ignore"].port, client=revoked["ignore"]), REFUSAL_SECONDS)
    assert round_trip(listeners["ignore"].port, client=clients["ignore"])
    wait_until(lambda: "crl.expired-refusing" in problems_of(listeners["refuse"]))
    wait_until(lambda: "crl.expired-ignored" in problems_of(listeners["ignore"]))
    for choice, root in roots.items():
        carry(authorities[choice], root, revoked[choice], number=2)
        port, client, bad = listeners[choice].port, clients[choice], revoked[choice]
        await_refusal(port, bad)
        await_entry(port, client)
        await_no_problem(listeners[choice])


def test_list_that_is_deleted_lets_its_clients_in_again(site: Site, backend: Backend) -> None:
    root = make_ca()
    bad = make_leaf("bad.test", issuer=root, client=True)
    authority = store_certificate(root, Kind.CA)
    listener = listen(backend, authority)
    row = carry_list(OPERATOR, authority.pk, source="uploaded", der=make_list(root, bad))
    wait_until(lambda: REVOKED in refusal(listener.port, client=bad), REFUSAL_SECONDS)
    delete_list(OPERATOR, authority.pk, row.pk)
    wait_until(lambda: not refusal(listener.port, client=bad), REFUSAL_SECONDS)


def refuses_only_the_revoked(listener: Listener, authority: Certificate, issuer: Issued, number: int = 1) -> None:
    """Revoke one of two clients, and see that only it is refused."""
    good, bad = (make_leaf(f"{name}.test", issuer=issuer, client=True) for name in ("good", "bad"))
    carry(authority, issuer, bad, number=number)
    wait_until(lambda: REVOKED in refusal(listener.port, client=bad), REFUSAL_SECONDS)
    assert round_trip(listener.port, client=good)


def await_refusal(port: int, client: Issued) -> None:
    """Wait until a client is refused because it was revoked."""
    wait_until(lambda: REVOKED in refusal(port, client=client), REFUSAL_SECONDS)


def await_entry(port: int, client: Issued) -> None:
    """Wait until a client is let in."""
    wait_until(lambda: not refusal(port, client=client), REFUSAL_SECONDS)


def await_no_problem(listener: Listener) -> None:
    """Wait until the node reports nothing of a listener."""
    wait_until(lambda: not problems_of(listener))


def problems_of(listener: Listener) -> list[str]:
    """Return the codes of what the node reports of a listener."""
    status = status_of(listener)
    return [problem["code"] for problem in status.problems] if status else []


def test_client_of_a_private_authority_is_refused_once_it_is_revoked(site: Site, backend: Backend) -> None:
    root = make_root("Clients", path_length=1)
    middle = make_subordinate(root, "Team")
    listener = listen(backend, root.certificate)
    clients = {}
    for authority in (root, middle):
        for name in ("good", "bad"):
            issued = issue_client(authority, f"{name} of {authority.certificate.name}")
            clients[authority.pk, name] = issued_of(issued.version)
    wait_until(lambda: all(not refusal(listener.port, client=client) for client in clients.values()))
    for authority in (root, middle):
        bad = clients[authority.pk, "bad"]
        with connect(listener.port, client=bad) as open_connection:
            assert echo(open_connection)
            serial = f"{bad.certificate.serial_number:x}"
            revoke_certificate(OPERATOR, authority.pk, serial, reason="key_compromise")
            await_refusal(listener.port, bad)
            assert echo(open_connection)
        assert round_trip(listener.port, client=clients[authority.pk, "good"])


class Client:
    """A client of OpenSSL's own, which keeps its session in a file."""

    def __init__(self, directory: Path, issued: Issued) -> None:
        directory.mkdir()
        self.issued = issued
        self._certificate = directory / "client.pem"
        self._certificate.write_bytes(issued.key_pem + issued.chain_pem)
        self._session = directory / "session.pem"

    def begins_session(self, port: int) -> bool:
        """Connect anew and keep the session; tell whether a text came back."""
        said = self._converse(port, "-cert", str(self._certificate), "-sess_out", str(self._session))
        return b"New, " in said and said.endswith(TEXT)

    def resumes_session(self, port: int) -> bool:
        """Resume the session that was kept, without showing the certificate again."""
        said = self._converse(port, "-sess_in", str(self._session))
        return b"Reused, " in said and said.endswith(TEXT)

    def _converse(self, port: int, *arguments: str) -> bytes:
        """Return all that the client prints until the text is back or the connection is over."""
        command = ["openssl", "s_client", "-connect", f"{HOST}:{port}", *arguments]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT) as process:
            assert process.stdin
            assert process.stdout
            said = b""
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(TEXT)
                process.stdin.flush()
            while not said.endswith(TEXT) and (data := os.read(process.stdout.fileno(), 65_536)):
                said += data
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        return said
