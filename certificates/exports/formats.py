"""The formats in which a certificate can be taken away, and how each is made."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from certificates.exports.java import key_store, trust_store
from certificates.exports.material import Material

PKCS12_ROUNDS = 200_000  # of PBKDF2; Java and Windows take up to 5,000,000
ZIP, PFX, JKS = "application/zip", "application/x-pkcs12", "application/x-java-keystore"


@dataclass(frozen=True, slots=True)
class File:
    """What the browser is given."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Format:
    """One format with a key, protected by a passphrase."""

    label: str | Promise
    ending: str
    content_type: str
    make: Callable[[Material, str], bytes]

    def file(self, material: Material, passphrase: str) -> File:
        """Return the finished file."""
        return File(f"{material.file_name}{self.ending}", self.content_type, self.make(material, passphrase))


def _pfx(material: Material, passphrase: str) -> bytes:
    leaf, *chain = material.certificates
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(PKCS12_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(passphrase.encode())
    )
    name = material.file_name.encode()
    return pkcs12.serialize_key_and_certificates(name, material.key, leaf, chain, encryption)


def _jks(material: Material, passphrase: str) -> bytes:
    return key_store(material.file_name, material.key, material.certificates, passphrase)


def _pem(material: Material, passphrase: str) -> bytes:
    return (material.full_chain_pem + material.encrypted_key_pem(passphrase)).encode()


def trusted(material: Material, passphrase: str) -> File:
    """Return CA certificates as a Java trust store."""
    aliases = [f"{material.file_name}-{number}" for number, _one in enumerate(material.certificates, 1)]
    return File(f"{material.file_name}.jks", JKS, trust_store(aliases, material.certificates, passphrase))


def _layout(server: str, files: Callable[[Material, str], Mapping[str, bytes]]) -> Callable[[Material, str], bytes]:
    """Return the maker of a zip with the files of one server and a README of where they go."""

    def make(material: Material, passphrase: str) -> bytes:
        content = dict(files(material, passphrase))
        context = {"name": material.name, "file": material.file_name, "files": list(content)}
        content["README.txt"] = render_to_string(f"certificates/exports/{server}.txt", context).encode()
        return _zip(material.file_name, content)

    return make


def _zip(folder: str, files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", now().timetuple()[:6])
            entry.external_attr = (0o600 if name != "README.txt" else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def _nginx(material: Material, passphrase: str) -> Mapping[str, bytes]:
    return {
        f"{material.file_name}.crt": material.full_chain_pem.encode(),
        f"{material.file_name}.key": material.encrypted_key_pem(passphrase).encode(),
    }


def _apache(material: Material, passphrase: str) -> Mapping[str, bytes]:
    return {
        f"{material.file_name}.crt": material.leaf_pem.encode(),
        f"{material.file_name}-chain.crt": material.chain_pem.encode(),
        f"{material.file_name}.key": material.encrypted_key_pem(passphrase).encode(),
    }


def _haproxy(material: Material, passphrase: str) -> Mapping[str, bytes]:
    return {f"{material.file_name}.pem": _pem(material, passphrase)}


def _keystores(material: Material, passphrase: str) -> Mapping[str, bytes]:
    return {
        f"{material.file_name}.p12": _pfx(material, passphrase),
        f"{material.file_name}.jks": _jks(material, passphrase),
    }


def _iis(material: Material, passphrase: str) -> Mapping[str, bytes]:
    return {f"{material.file_name}.pfx": _pfx(material, passphrase)}


FORMATS: Mapping[str, Format] = {
    "pfx": Format(_("PFX (PKCS#12)"), ".pfx", PFX, _pfx),
    "jks": Format(_("Java key store (JKS)"), ".jks", JKS, _jks),
    "pem": Format(_("PEM: chain and encrypted key"), ".pem", "application/x-pem-file", _pem),
    "nginx": Format(_("Zip for nginx"), "-nginx.zip", ZIP, _layout("nginx", _nginx)),
    "apache": Format(_("Zip for Apache"), "-apache.zip", ZIP, _layout("apache", _apache)),
    "haproxy": Format(_("Zip for HAProxy"), "-haproxy.zip", ZIP, _layout("haproxy", _haproxy)),
    "tomcat": Format(_("Zip for Tomcat"), "-tomcat.zip", ZIP, _layout("tomcat", _keystores)),
    "iis": Format(_("Zip for IIS"), "-iis.zip", ZIP, _layout("iis", _iis)),
}


def der(material: Material) -> File:
    """Return the certificate alone, in DER."""
    content = material.certificates[0].public_bytes(Encoding.DER)
    return File(f"{material.file_name}.der", "application/pkix-cert", content)


def chain(material: Material) -> File:
    """Return what a server presents, in PEM and without the key."""
    return File(f"{material.file_name}.pem", "application/pem-certificate-chain", material.full_chain_pem.encode())
