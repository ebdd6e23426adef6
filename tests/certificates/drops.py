"""What the tests of drops share: short ways to give files, and files as OpenSSL and keytool write them."""

import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption as Encrypted
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from certificates.parsing.drops import Drop, DroppedFile
from certificates.parsing.parser_process import read_drop_safely
from certificates.parsing.refusals import Refusal
from certificates.parsing.splitting import Understood
from tests.certs import Issued

DER = Encoding.DER


def drop_of(*contents: bytes, passphrases: tuple[str, ...] = ()) -> Drop:
    """Return a drop of files that are called 0, 1, 2."""
    return Drop(tuple(DroppedFile(str(number), content) for number, content in enumerate(contents)), passphrases)


def understood(*contents: bytes, passphrases: tuple[str, ...] = ()) -> Understood:
    """Read files as the parser's process does; they must not be refused as a whole."""
    result = read_drop_safely(drop_of(*contents, passphrases=passphrases))
    assert not isinstance(result, Refusal), result.code
    return result


def codes(result: Understood) -> list[str]:
    """Return why something was left out."""
    return [each.code for each in result.left_out]


def labels(result: Understood) -> list[str]:
    """Return what the certificates are called."""
    return [item.bundle.leaf.description.label for item in result.items]


def with_keys(result: Understood) -> set[str]:
    """Return the fingerprints of the certificates whose keys were found."""
    return {item.id for item in result.items if item.bundle.key_pem}


def pfx(issued: Issued, passphrase: str, *more: x509.Certificate) -> bytes:
    """Return a PKCS#12 file of the library's making."""
    assert isinstance(issued.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    encryption = Encrypted(passphrase.encode())
    return pkcs12.serialize_key_and_certificates(b"x", issued.key, issued.certificate, more, encryption)


def run(folder: Path, *command: str) -> None:
    """Run a tool in ``folder``; what it says of a failure fails the test."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


def save(folder: Path, issued: Issued, name: str = "leaf") -> None:
    """Write a certificate, its chain and its key as PEM files."""
    (folder / f"{name}.pem").write_bytes(issued.pem)
    (folder / f"{name}.key").write_bytes(issued.key_pem)
    above = b"".join(issuer.public_bytes(Encoding.PEM) for issuer in issued.issuers)
    (folder / f"{name}.chain.pem").write_bytes(above)
