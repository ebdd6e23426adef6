"""Clients of every ability, and the certificates that they get."""

import datetime as dt
import random
import re
from collections.abc import Iterator
from itertools import product

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from listeners import selectors
from listeners.explanation import Client
from listeners.models import Listener
from tests.certs import DAY, Issued, make_leaf, rsa_key
from tests.e2e.clients import openssl

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
RSA_ALONE = (
    "-sigalgs",
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512",
    "-cipher",
    "aRSA",
)


def clients(*names: str, versions: tuple[str, ...] = ("TLSv1.2", "TLSv1.3")) -> Iterator[Client]:
    """Yield a client of each ability for each name and for none."""
    for name, can_ecdsa, version in product(("", *names), (True, False), versions):
        yield Client(name, can_ecdsa=can_ecdsa, version=version)


def obtained(port: int, client: Client) -> str:
    """Return the SHA-256 of the leaf that a real client of these abilities is served, empty when it is refused."""
    name = ("-servername", client.server_name) if client.server_name else ("-noservername",)
    said = openssl(port, *name, "-max_protocol", client.version, *(() if client.can_ecdsa else RSA_ALONE))
    found = PEM.search(said)
    if not found or "Cipher is (NONE)" in said:
        return ""
    return x509.load_pem_x509_certificate(found[0].encode()).fingerprint(hashes.SHA256()).hex()


def told(listener: Listener, client: Client) -> str:
    """Return the SHA-256 of the leaf that the console says such a client gets, empty when it says none."""
    binding = selectors.certificate_for(listener, client).binding
    version = binding.certificate.current_version if binding else None
    return version.sha256 if version else ""


def differences(listener: Listener, asked: Iterator[Client]) -> list[tuple[Client, str, str]]:
    """Return where the console and the engine disagree: the client, what it was told, what it got."""
    pairs = ((client, told(listener, client), obtained(listener.port, client)) for client in asked)
    return [pair for pair in pairs if pair[1] != pair[2]]


def random_leaf(chance: random.Random, names: tuple[str, ...]) -> Issued:
    """Make a certificate for some of ``names``, of any kind that the rule tells apart."""
    keys = (
        rsa_key(2048),
        rsa_key(3072),
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
    )
    return make_leaf(
        *chance.sample(names, chance.randint(1, 3)),
        key=chance.choice(keys),
        hash_algorithm=chance.choice((hashes.SHA256(), hashes.SHA384())),
        not_after=dt.datetime.now(dt.UTC) + chance.randint(30, 33) * DAY,
    )
