"""Secrets, opened when the engine asks for them and forgotten when they are sent."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping

from django.db import Error

from certificates.keys import unseal
from certificates.models import CertificateVersion
from certificates.revocation.reading import lists_pem
from console.errors import DomainError
from dataplane.challenges import challenge_pairs
from dataplane.database import DatabaseThread
from dataplane.envoy.names import SECRET, listener_of
from dataplane.envoy.resources import SecretSource
from dataplane.envoy.secret import KeyPair, authority_secret, certificate_secret, ticket_secret_bytes
from dataplane.xds.server import SecretsUnavailableError
from listeners.tickets import listener_ticket_key

logger = logging.getLogger(__name__)

# Called with a secret's name, its version, and why it cannot be had.
Unavailable = Callable[[str, str, str], None]
GONE = "its version is no longer stored."
_Row = tuple[bytes, bytes | None]


class SecretStore:
    """Load secrets for the xDS server, in a thread of its own, so that following changes never waits for it."""

    def __init__(self) -> None:
        self._database = DatabaseThread("secrets")
        self._ticket_keys: tuple[bytes, ...] = ()
        self.unavailable: Unavailable = lambda name, version, reason: None

    async def load(self, sources: Mapping[str, SecretSource]) -> Mapping[str, bytes]:
        """Return the secrets by name; raise SecretsUnavailableError when the database does not answer."""
        try:
            found, missing = await self._database.run(self._load, sources)
        except Error as error:
            raise SecretsUnavailableError(str(error)) from error
        for name, reason in missing.items():
            logger.error("secret %s cannot be opened: %s", name, reason)
            self.unavailable(name, sources[name].version, reason)
        return found

    def ticket_sources(self, names: Iterable[str]) -> dict[str, SecretSource]:
        """Return where these secrets of session ticket keys come from, as the keys are now."""
        version = hashlib.sha256(b"version" + b"".join(self._ticket_keys)).hexdigest()[:32]
        return {name: SecretSource("tickets", version, listener_id=listener_of(SECRET, name)) for name in names}

    def set_ticket_keys(self, keys: tuple[bytes, ...]) -> None:
        """Use these keys from now on; the first one seals."""
        self._ticket_keys = keys

    async def close(self) -> None:
        """End the thread."""
        await self._database.close()

    def _load(self, sources: Mapping[str, SecretSource]) -> tuple[dict[str, bytes], dict[str, str]]:
        rows = _versions({source.certificate_version_id for source in sources.values()})
        lists = lists_pem({each.id for source in sources.values() for each in source.revocation.lists})
        asked = {source.challenge_id for source in sources.values() if source.kind == "challenge"}
        answers = challenge_pairs(asked) if asked else {}
        found: dict[str, bytes] = {}
        missing: dict[str, str] = {}
        for name, source in sources.items():
            try:
                if source.kind == "challenge":
                    found[name] = certificate_secret(name, answers[source.challenge_id])
                else:
                    found[name] = self._secret(name, source, rows, lists)
            except DomainError as error:
                missing[name] = str(error)
            except KeyError:
                missing[name] = GONE
        return found, missing

    def _secret(self, name: str, source: SecretSource, rows: Mapping[int, _Row], lists: Mapping[int, bytes]) -> bytes:
        if source.kind == "tickets":
            return ticket_secret_bytes(
                name, [listener_ticket_key(key, source.listener_id) for key in self._ticket_keys]
            )
        chain_pem, token = rows[source.certificate_version_id]
        if source.kind == "authority":
            # A list that is gone was replaced or deleted meanwhile: that change is followed next.
            crl = b"".join(lists.get(each.id, b"") for each in source.revocation.lists)
            return authority_secret(name, chain_pem, crl, whole_chain=source.revocation.is_whole_chain)
        return certificate_secret(name, KeyPair(chain_pem, unseal(token or b"")))


def _versions(version_ids: set[int]) -> dict[int, _Row]:
    """Return the chains (PEM, leaf first) and sealed keys of certificate versions."""
    rows = CertificateVersion.objects.filter(id__in=version_ids - {0})
    return {
        id_: (f"{leaf.rstrip()}\n{chain}".encode(), bytes(token) if token is not None else None)
        for id_, leaf, chain, token in rows.values_list("id", "leaf_pem", "chain_pem", "key__token")
    }
