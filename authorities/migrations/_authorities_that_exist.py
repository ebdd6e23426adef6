"""Make rows of the authorities that exist: CA certificates whose keys are in the repository, and what they signed."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID


def make_rows(apps, schema_editor):
    """Find authorities by their keys, and what they signed by issuer and signature."""
    authorities = apps.get_model("authorities", "Authority")
    versions = apps.get_model("certificates", "CertificateVersion")
    own = versions.objects.filter(certificate__kind="ca", key__isnull=False).select_related("certificate")
    known = set(authorities.objects.values_list("certificate_id", flat=True))
    made = []
    for version in own.filter(certificate__current_version__isnull=False).order_by("pk"):
        if version.certificate_id in known:
            continue
        known.add(version.certificate_id)
        row = authorities.objects.create(certificate=version.certificate, created_by=version.created_by)
        made.append((row, x509.load_pem_x509_certificate(version.leaf_pem.encode()), version.subject))
    for row, certificate, subject in made:
        _keep_signed(apps, row, certificate, subject)


def _keep_signed(apps, authority, issuer, subject):
    issued = apps.get_model("authorities", "IssuedCertificate")
    versions = apps.get_model("certificates", "CertificateVersion")
    candidates = versions.objects.filter(issuer=subject).exclude(certificate_id=authority.certificate_id)
    for version in candidates.select_related("certificate").iterator(chunk_size=500):
        leaf = x509.load_pem_x509_certificate(version.leaf_pem.encode())
        if not _is_signed_by(leaf, issuer):
            continue
        issued.objects.get_or_create(
            authority=authority,
            serial=version.serial,
            defaults={
                "subject": version.subject,
                "purpose": _purpose(leaf),
                "sha256": leaf.fingerprint(hashes.SHA256()).hex(),
                "not_after": version.not_after,
                "version": version,
                "created_by": version.created_by,
            },
        )
        if version.certificate.kind == "ca":
            apps.get_model("authorities", "Authority").objects.filter(certificate_id=version.certificate_id).update(
                parent=authority
            )


def _is_signed_by(leaf, issuer):
    try:
        leaf.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    return True


def _purpose(leaf):
    try:
        if leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return "ca"
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return "server"
    return "client" if ExtendedKeyUsageOID.CLIENT_AUTH in usages else "server"
