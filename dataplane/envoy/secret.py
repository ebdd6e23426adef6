"""Secrets as the engine takes them. They exist only while they are being sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from envoy.config.core.v3.base_pb2 import DataSource
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import (
    CertificateValidationContext,
    TlsCertificate,
    TlsSessionTicketKeys,
)
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate with its chain, PEM, leaf first; the key stays out of every representation."""

    chain_pem: bytes
    key_pem: bytes = field(repr=False)


def certificate_secret(name: str, pair: KeyPair) -> bytes:
    """Return the secret of a server certificate and its private key."""
    certificate = TlsCertificate(
        certificate_chain=DataSource(inline_bytes=pair.chain_pem), private_key=DataSource(inline_bytes=pair.key_pem)
    )
    return _bytes(Secret(name=name, tls_certificate=certificate))


def authority_secret(name: str, authorities_pem: bytes, lists_pem: bytes = b"", *, whole_chain: bool = False) -> bytes:
    """Return the secret that says whose client certificates are accepted, and which are revoked.

    Without ``whole_chain`` only the client's own certificate is looked up: the engine would refuse every client for
    an intermediate whose issuer has no list.
    """
    context = CertificateValidationContext(trusted_ca=DataSource(inline_bytes=authorities_pem))
    if lists_pem:
        context.crl.inline_bytes = lists_pem
        context.only_verify_leaf_cert_crl = not whole_chain
    return _bytes(Secret(name=name, validation_context=context))


def ticket_secret_bytes(name: str, keys: Sequence[bytes]) -> bytes:
    """Return the secret of session ticket keys (80 bytes each): the first one seals, all of them open."""
    tickets = TlsSessionTicketKeys(keys=[DataSource(inline_bytes=key) for key in keys])
    return _bytes(Secret(name=name, session_ticket_keys=tickets))


def in_other_bytes(payload: bytes) -> bytes:
    """Return the same secret with a line more that PEM readers skip.

    The engine compares a secret with the one it saw last, be it one that it refused, and says yes to a repetition.
    To have it judged once more, it must look different.
    """
    secret = Secret.FromString(payload)
    line = f"\n{token_hex(8)}\n".encode()
    if secret.HasField("tls_certificate"):
        secret.tls_certificate.certificate_chain.inline_bytes += line
    elif secret.HasField("validation_context"):
        secret.validation_context.trusted_ca.inline_bytes += line
    return _bytes(secret)


def _bytes(secret: Secret) -> bytes:
    return bytes(secret.SerializeToString())
