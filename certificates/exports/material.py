"""What is exported: a certificate, those above it, and for some formats its key."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Material:
    """A version of a certificate, in PEM; ``key_pem`` is PKCS#8 and None where no key goes along."""

    name: str
    leaf_pem: str
    chain_pem: str
    key_pem: bytes | None = None

    @property
    def file_name(self) -> str:
        """The name in the letters that every file system takes, without an ending."""
        return re.sub(r"[^A-Za-z0-9.-]+", "_", self.name.replace("*", "wildcard")).strip("._") or "certificate"

    @property
    def full_chain_pem(self) -> str:
        """What a server presents: the certificate, then those above it."""
        return self.leaf_pem + self.chain_pem

    @cached_property
    def certificates(self) -> Sequence[x509.Certificate]:
        """The certificate, then those above it."""
        return x509.load_pem_x509_certificates(self.full_chain_pem.encode())

    @cached_property
    def key(self) -> PrivateKey:
        """The private key; raises TypeError where there is none, or none that a server can have."""
        key = serialization.load_pem_private_key(self.key_pem or b"", None)
        if not isinstance(key, PrivateKey):
            raise TypeError(f"a key of {type(key).__name__}")
        return key

    def encrypted_key_pem(self, passphrase: str) -> str:
        """Return the key as PKCS#8, encrypted (PBES2: scrypt or PBKDF2, and AES-256)."""
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
        pem = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        return pem.decode()
