"""The words for containers and drops: refusals as message and way out, findings as a sentence."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_PARTS = _("Unpack it, and give the files of the certificates themselves.")
_EXPORT_AGAIN = _("Export the file again.")

REFUSALS: Mapping[str, tuple[Promise, Promise]] = {
    "input.pkcs7": (
        _("The PKCS#7 bundle at line %(line)s is damaged."),
        _("Check it with: openssl pkcs7 -print_certs -in FILE"),
    ),
    "input.request-unreadable": (
        _("The certificate request at line %(line)s cannot be read."),
        _("Check it with: openssl req -in FILE -noout -text"),
    ),
    "input.crl-unreadable": (
        _("The revocation list (CRL) at line %(line)s cannot be read."),
        _("Check it with: openssl crl -in FILE -noout -text"),
    ),
    "pkcs7.no-certificates": (
        _("The PKCS#7 file holds no certificates: it is an encrypted or an empty message."),
        _("Ask for the bundle of certificates (.p7b)."),
    ),
    "pkcs12.unreadable": (
        _("The PKCS#12 file (PFX) is damaged."),
        _("Check it with: openssl pkcs12 -in FILE -info -noout"),
    ),
    "pkcs12.unsupported": (
        _("The PKCS#12 file (PFX) uses an encryption that is not supported."),
        _("Convert it: openssl pkcs12 -legacy -in FILE -out all.pem, and give that file."),
    ),
    "pkcs12.empty": (_("The PKCS#12 file (PFX) holds neither a certificate nor a key."), _EXPORT_AGAIN),
    "pkcs12.passphrase-missing": (_("The PKCS#12 file (PFX) is encrypted."), _("Give its passphrase.")),
    "pkcs12.passphrase-wrong": (
        _("The PKCS#12 file (PFX) does not open with this passphrase."),
        _("Check the passphrase; if it is right, the file is damaged."),
    ),
    "pkcs12.too-many-iterations": (
        _("Opening the PKCS#12 file (PFX) takes more work than is allowed (%(limit)s iterations)."),
        _("Export it again with fewer iterations: openssl pkcs12 -export -iter 100000"),
    ),
    "jks.other": (
        _("This is a Java key store of the kind %(kind)s, which is not read."),
        _("Convert it: keytool -importkeystore -srckeystore FILE -destkeystore store.p12 -deststoretype PKCS12"),
    ),
    "jks.unreadable": (_("The Java key store is damaged."), _("Check it with: keytool -list -keystore FILE")),
    "jks.empty": (_("The Java key store is empty."), _EXPORT_AGAIN),
    "jks.passphrase-wrong": (
        _("The Java key store does not open with this passphrase, or it was changed since it was written."),
        _("Check the passphrase with: keytool -list -keystore FILE"),
    ),
    "archive.unreadable": (
        _("The zip archive is damaged, or packed in a way that is not read."),
        _("Pack the files again, with deflate, or give them without an archive."),
    ),
    "archive.encrypted": (_("The zip archive is encrypted."), _PARTS),
    "archive.too-many-files": (_("The zip archive has more than %(limit)s files."), _PARTS),
    "archive.too-large": (_("The zip archive holds more than %(limit)s bytes."), _PARTS),
    "archive.member-too-large": (
        _("“%(name)s” in the zip archive has more than %(limit)s bytes."),
        _("Leave that file out of the archive."),
    ),
    "archive.nested": (_("“%(name)s” in the zip archive is an archive itself."), _PARTS),
    "archive.path": (
        _("The zip archive has a path that leads out of it: “%(name)s”."),
        _("Do not trust its other files either; ask whoever sent it."),
    ),
    "drop.too-many": (
        _("There are more than %(limit)s certificates."),
        _("Import them in parts, or from a directory with: manage.py importdirectory"),
    ),
    "drop.too-many-keys": (
        _("There are more than %(limit)s private keys."),
        _("Import them in parts, or from a directory with: manage.py importdirectory"),
    ),
    "drop.too-large": (
        _("The files have more than 4 MB together."),
        _("Import them in parts, or from a directory with: manage.py importdirectory"),
    ),
    "drop.empty": (_("Nothing was given."), _("Choose files, or paste the text of a certificate.")),
    "key.sm2": (
        _("The private key is an SM2 key, which cannot be served."),
        _(
            "Its certificate is kept and watched without it, so keep the key where it is. Listeners serve RSA, ECDSA "
            "and Ed25519."
        ),
    ),
    "key.gmssl": (
        _("The private key is encrypted with SM3 and SM4, as GmSSL does; such keys cannot be opened here."),
        _("The passphrase may be right. Keys of SM2 certificates cannot be served; the certificate can be watched."),
    ),
}

FINDINGS: Mapping[str, Promise] = {
    "certificate.watched-only": _(
        "The key of “%(certificate)s” is %(algorithm)s, which listeners cannot serve: it is kept without its key, and "
        "watched until it ends."
    ),
    "chain.completed": _("The chain was completed with what the repository holds already (certificates: %(count)s)."),
    "drop.ca-key": _(
        "The private key of the CA certificate “%(certificate)s” was left out: CA certificates are kept to check "
        "others. A self-signed server certificate needs basicConstraints CA:FALSE."
    ),
    "drop.without-key": _(
        "There is no private key for “%(certificate)s”: it can be watched, and not be used on a listener."
    ),
    "drop.key-stored": _("The private key of “%(certificate)s” is in the repository already and is taken from there."),
    "drop.key-unmatched": _("The private key %(key)s belongs to none of the certificates."),
    "drop.key-of-stored": _("The private key %(key)s belongs to “%(name)s”, which is in the repository already."),
    "drop.repeated": _("Certificates that came more than once are kept once (%(count)s)."),
    "drop.request": _("The certificate request for “%(subject)s” is not needed."),
    "drop.revocation-list": _(
        "The revocation list of “%(issuer)s” is not stored here: upload it on the page of its CA certificate."
    ),
}
