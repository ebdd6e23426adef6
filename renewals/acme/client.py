"""One conversation with the ACME server of an account."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests
from acme import errors, messages
from acme.client import ClientV2
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.interfaces import JSONDeSerializable
from josepy.jwk import JWKEC

from certificates.keys import unseal
from renewals.acme.network import Network, opened_network
from renewals.acme.problems import told
from renewals.keys import key_of
from renewals.models import AcmeAccount


@dataclass(frozen=True, slots=True)
class Server:
    """Where an ACME server is, and whom its own certificate is signed by (empty: a public authority)."""

    directory_url: str
    trusted_ca_pem: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """The external account binding (RFC 8555, section 7.3.4) that an authority gave an operator."""

    key_id: str
    key: str = field(repr=False)  # base64url


@contextmanager
def conversation(
    server: Server, key_pem: bytes, account_url: str = "", before: Callable[[], None] = lambda: None
) -> Iterator[ClientV2]:
    """Yield a client of ``server``; whatever goes wrong inside comes out as AttemptFailedError."""
    key = JWKEC(key=_account_key(key_pem))
    with (
        opened_network(key, account_url=account_url, trusted_ca_pem=server.trusted_ca_pem, before=before) as network,
        told(network, server.directory_url),
    ):
        yield ClientV2(ClientV2.get_directory(server.directory_url, network), network)


@contextmanager
def conversation_of(account: AcmeAccount, before: Callable[[], None] = lambda: None) -> Iterator[ClientV2]:
    """Yield a client that speaks for a stored account."""
    server = Server(account.directory_url, account.trusted_ca_pem)
    with conversation(server, unseal(account.key), account.account_url, before) as client:
        yield client


def _account_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = key_of(pem)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(type(key).__name__)
    return key


def network_of(client: ClientV2) -> Network:
    """Return the network of a client of ``conversation``."""
    if not isinstance(client.net, Network):
        raise TypeError(type(client.net).__name__)
    return client.net


def post(client: ClientV2, url: str, content: JSONDeSerializable | None) -> requests.Response:
    """Post to ``url`` as the account, nothing to read what is there (RFC 8555, section 6.3)."""
    return network_of(client).post(url, content, new_nonce_url=client.directory["newNonce"])


def register(server: Server, key_pem: bytes, contact: str, binding: Binding | None) -> str:
    """Register an account with the server's terms agreed to; return the account's address."""
    with conversation(server, key_pem) as client:
        new = messages.NewRegistration.from_data(
            email=contact or None,
            terms_of_service_agreed=True,
            external_account_binding=_bound(client, binding) if binding else None,
        )
        try:
            return str(client.new_account(new).uri)
        except errors.ConflictError as known:  # the same key again: an earlier answer was lost
            return known.location


def _bound(client: ClientV2, binding: Binding) -> dict[str, object]:
    key = network_of(client).account_key.public_key()
    return messages.ExternalAccountBinding.from_data(key, binding.key_id, binding.key, client.directory)


def change_contact(account: AcmeAccount, contact: str) -> None:
    """Tell the server another mail address, or none."""
    with conversation_of(account) as client:
        contacts = (f"mailto:{contact}",) if contact else ()
        client.update_registration(_resource(account), messages.Registration(contact=contacts))


def deactivate(account: AcmeAccount) -> None:
    """Tell the server that the account is not used any more."""
    with conversation_of(account) as client:
        client.deactivate_registration(_resource(account))


def _resource(account: AcmeAccount) -> messages.RegistrationResource:
    return messages.RegistrationResource(uri=account.account_url, body=messages.Registration())
