"""The words of every refusal and finding of the parser, by code: what is wrong, and the way out."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates import drop_messages
from certificates.parsing.refusals import Finding, Refusal
from console.errors import DomainError, InvalidInputError


class Words(NamedTuple):
    """A message and its way out, with ``%(name)s`` for parameters."""

    message: Promise
    way_out: Promise | str = ""


class ParserUnavailableError(DomainError):
    """Say that the parser has too much to do just now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


_FULL_CHAIN = _("Paste the PEM text of the certificate, followed by its intermediate certificates.")
_ONE_KEY = _("Give the one key that belongs to the certificate, in PEM.")

REFUSALS: Mapping[str, Words] = {
    **{code: Words(*words) for code, words in drop_messages.REFUSALS.items()},
    "input.too-large": Words(
        _("The file has more than %(limit)s bytes, and certificates have not."),
        _("Upload the certificate and its intermediates only."),
    ),
    "input.too-many-blocks": Words(
        _("The file holds more than %(limit)s certificates."),
        _("Upload the certificate and its intermediates only."),
    ),
    "input.empty": Words(_("The file is empty."), _("Choose the file again, or paste its text.")),
    "input.utf16": Words(
        _("The file is text in UTF-16."), _("Save it as UTF-8 or plain ASCII (Windows calls it ANSI).")
    ),
    "input.html": Words(
        _("This is an HTML page, not a certificate."),
        _("The download probably needed a sign-in; download the file again and open it to check."),
    ),
    "input.der": Words(
        _("This is a binary file that is damaged, or that holds no certificate."),
        _("Check it with: “openssl x509 -inform der -in FILE” for DER, “openssl pkcs12 -in FILE” for PKCS#12."),
    ),
    "input.not-pem": Words(
        _("There is no certificate here: no line reads “-----BEGIN CERTIFICATE-----”, and no other format is known."),
        _("Give PEM, DER, PKCS#7, PKCS#12 (PFX), a Java key store (JKS), or a zip of them."),
    ),
    "input.unpaired": Words(
        _("The PEM block at line %(line)s does not begin and end properly."),
        _("Copy the text again, from “-----BEGIN” to the last dash of “-----END …-----”."),
    ),
    "input.base64": Words(
        _("The %(label)s that begins at line %(line)s is damaged: its text is not base64."),
        _("Copy the file again without changing it."),
    ),
    "input.empty-block": Words(
        _("The %(label)s that begins at line %(line)s is empty."), _("Copy the file again, whole.")
    ),
    "input.label": Words(_("The %(label)s at line %(line)s is nothing that a certificate needs."), _FULL_CHAIN),
    "input.dh-parameters": Words(
        _("Line %(line)s begins DH PARAMETERS, which are not used: key exchange is by elliptic curves (ECDHE) only."),
        _("Remove that block, down to its END line."),
    ),
    "input.request": Words(
        _("Line %(line)s begins a certificate request (CSR), not a certificate."),
        _("Send the request to your certificate authority and import what it returns."),
    ),
    "input.crl": Words(
        _("Line %(line)s begins a certificate revocation list (CRL), not a certificate."), _("Remove that block.")
    ),
    "input.public-key": Words(
        _("Line %(line)s begins a public key; the private key is needed."),
        _("Give the file that begins with “-----BEGIN PRIVATE KEY-----”."),
    ),
    "input.too-hard": Words(
        _("The file took more time or memory than any certificate needs, so reading it was stopped."),
        _("Check that the file is what your certificate authority sent."),
    ),
    "input.unreadable": Words(
        _("The file is damaged, or uses something that cannot be read."),
        _("Check it with: openssl x509 -in FILE -noout -text"),
    ),
    "input.busy": Words(
        _("Other uploads keep the certificate parser busy."), _("Nothing was stored; try again in a minute.")
    ),
    "certificate.missing": Words(_("There is no certificate in this file, only a key."), _FULL_CHAIN),
    "certificate.unreadable": Words(
        _("The certificate that begins at line %(line)s cannot be read: %(reason)s."),
        _("Ask its issuer for it again, or check it with: openssl x509 -in FILE -noout -text"),
    ),
    "certificate.key-unsupported": Words(
        _("The certificate's key is of a kind that is not known (algorithm %(algorithm)s)."),
        _("Have it issued for an RSA, ECDSA (P-256, P-384, P-521) or Ed25519 key."),
    ),
    "certificate.too-many-names": Words(
        _("The certificate has more than %(limit)s names."), _("Spread the names over several certificates.")
    ),
    "certificate.is-ca": Words(
        _("“%(certificate)s” is a CA certificate, but a server certificate is asked for."),
        _("Import it as a CA certificate. For a self-signed server certificate set basicConstraints to CA:FALSE."),
    ),
    "certificate.not-ca": Words(
        _("“%(certificate)s” is not a CA certificate: it may not sign others."),
        _("Import it as a server certificate, or give the certificate of the authority that issued it."),
    ),
    "key.missing": Words(_("The private key is missing."), _ONE_KEY),
    "key.not-wanted": Words(
        _("A CA certificate is kept to check clients and needs no private key; the upload has one."),
        _("Remove the key. Nothing was stored."),
    ),
    "key.not-a-key": Words(_("This is a certificate, not a private key."), _ONE_KEY),
    "key.several": Words(
        _("There are %(count)s different private keys."),
        _("Give the one key that belongs to the certificate; files with several are taken by “Import”."),
    ),
    "key.mismatch": Words(
        _("The private key belongs to another certificate, not to “%(certificate)s”."),
        _("Give the key that was made together with this certificate's request."),
    ),
    "key.passphrase-missing": Words(_("The private key is encrypted."), _("Give its passphrase.")),
    "key.passphrase-wrong": Words(
        _("The private key does not open with this passphrase."),
        _("Check the passphrase; if it is right, the key file is damaged."),
    ),
    "key.encryption-unsupported": Words(
        _("The private key is encrypted in a way that is not supported."),
        _("Encrypt it again: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE"),
    ),
    "key.too-many-iterations": Words(
        _("The private key's encryption asks for more work than is allowed (%(limit)s iterations)."),
        _("Encrypt it again with fewer iterations, or remove the passphrase: openssl pkey -in FILE"),
    ),
    "key.too-large": Words(
        _("The private key is longer than RSA-%(limit)s, the longest that is served."),
        _("Use RSA-2048 to RSA-4096, or ECDSA P-256."),
    ),
    "key.unreadable": Words(
        _("The private key that begins at line %(line)s is damaged."),
        _("Copy the file again, whole, or check it with: openssl pkey -in FILE -check"),
    ),
    "key.broken": Words(
        _("The private key is damaged: what it signs does not verify."), _("Restore it from a backup.")
    ),
    "key.unsupported": Words(
        _("The private key is of a kind that cannot be served."),
        _("Use RSA, ECDSA on P-256, P-384 or P-521, or Ed25519."),
    ),
    "key.openssh": Words(
        _("Line %(line)s begins a key in the format of OpenSSH."),
        _("Convert a copy of it: ssh-keygen -p -m PKCS8 -f FILE"),
    ),
    "key.dsa": Words(_("Line %(line)s begins a DSA key, which TLS no longer uses."), _("Use RSA, ECDSA or Ed25519.")),
}

FINDINGS: Mapping[str, Promise] = {
    **drop_messages.FINDINGS,
    "chain.reordered": _("The chain was out of order and has been put right."),
    "chain.repeated": _("%(count)s certificates were in the file more than once and are kept once."),
    "chain.root-dropped": _("The root “%(certificate)s” was left out of the chain: clients have it already."),
    "chain.foreign": _("“%(certificate)s” is no part of this certificate's chain and was left out."),
    "chain.incomplete": _(
        "The chain is incomplete: the certificate of the issuer “%(issuer)s” is missing. "
        "Clients that do not know it will refuse the connection; replace the certificate with the whole chain."
    ),
    "chain.expired": _("The intermediate certificate “%(certificate)s” expired on %(moment)s."),
    "ca.several": _("The file holds %(count)s CA certificates; clients of any of them will be trusted."),
    "ca.cannot-sign": _("The key usage of “%(certificate)s” does not allow it to sign certificates."),
    "certificate.expired": _("“%(certificate)s” expired on %(moment)s."),
    "certificate.not-yet-valid": _("“%(certificate)s” is not valid before %(moment)s."),
    "certificate.weak-key": _(
        "The %(algorithm)s key of “%(certificate)s” has only %(bits)s bits: listeners refuse RSA keys under 2048."
    ),
    "certificate.weak-signature": _("“%(certificate)s” is signed with %(hash)s, which clients no longer accept."),
    "certificate.no-san": _(
        "“%(certificate)s” has no subject alternative name. Its common name is used, but browsers ignore that."
    ),
    "certificate.name-unusable": _("No client can ask for the name “%(name)s”: it is never matched."),
    "certificate.not-for-servers": _(
        "The extended key usage of “%(certificate)s” does not name server authentication: clients will refuse it."
    ),
    "certificate.must-staple": _(
        "“%(certificate)s” cannot be used on a listener: it promises an OCSP response in every handshake "
        "(must-staple), and listeners send none."
    ),
    "certificate.not-for-signing": _(
        "“%(certificate)s” cannot be used on a listener: its key usage leaves out digitalSignature, with which every "
        "handshake of an ECDSA key begins."
    ),
    "certificate.explicit-curve": _(
        "“%(certificate)s” cannot be used on a listener: it spells out its curve instead of naming it, which RFC 5480 "
        "forbids and the engine refuses."
    ),
    "certificate.large-exponent": _(
        "“%(certificate)s” cannot be used on a listener: the public exponent of its RSA key has more than 33 bits, "
        "which the engine refuses."
    ),
    "certificate.only-pss": _(
        "“%(certificate)s” cannot be used on a listener: its RSA key is restricted to PSS, which the engine cannot use."
    ),
    "certificate.names-lost": _("The new version no longer covers: %(names)s."),
    "certificate.weaker-key": _("The new key (%(after)s) is weaker than the one before (%(before)s)."),
    "certificate.weaker-hash": _(
        "The new version is signed with %(after)s, which clients no longer accept; the one before with %(before)s."
    ),
    "certificate.shorter-validity": _(
        "The new version is valid for %(after)s days, the one before for %(before)s: it has to be renewed more often."
    ),
    "certificate.same-key": _(
        "The new version has the key of the one before: whoever may have copied that key can still use it."
    ),
    "certificate.ends-sooner": _("The new version ends on %(moment)s, before the one that it replaces."),
}


def error_of(refusal: Refusal) -> DomainError:
    """Return the error that a person is shown for ``refusal``."""
    words = REFUSALS[refusal.code]
    kind = ParserUnavailableError if refusal.code == "input.busy" else InvalidInputError
    return kind(
        str(words.message) % refusal.parameters,
        refusal.code,
        field=refusal.field,
        way_out=str(words.way_out) % refusal.parameters,
    )


def message_of(finding: Finding) -> str:
    """Return the sentence for ``finding`` in the language of the reader."""
    return str(FINDINGS[finding.code]) % finding.parameters


def retold(warnings: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return stored warnings in the language of the reader; older rows have only the sentence that was told then."""
    return [{"code": warning["code"], "message": _retold(warning)} for warning in warnings]


def _retold(warning: Mapping[str, Any]) -> str:
    if warning["code"] in FINDINGS and "parameters" in warning:
        return message_of(Finding(warning["code"], warning["parameters"]))
    return str(warning["message"])
