"""Add certificates to regions for Classic Load Balancers, and remove them: from the repository or by an upload."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from certificates.models import Certificate, Kind
from certificates.names import checked_name, free_names
from certificates.parsing.bundles import Bundle
from certificates.parsing.bundles import Upload as CertificateUpload
from certificates.services import Imported, NewCertificate, delete_certificate, import_certificate, store_bundles
from certificates.services.parsing import parse
from certificates.usage import usages_of
from console.errors import ConflictError, InvalidInputError, NotFoundError
from console.ids import is_id
from events.actor import Actor
from events.feed import Recorder, recording
from listeners import limits
from listeners.eligibility import require_ca_certificates, require_server_certificates
from listeners.models import Binding, Product, RegionalCertificate
from listeners.products import FEATURES
from listeners.regional import refuse_key
from listeners.rules import check_region
from listeners.services import rows

QUOTAS = {Kind.SERVER: limits.REGIONAL_CERTIFICATES, Kind.CA: limits.REGIONAL_CA_CERTIFICATES}


@dataclass(frozen=True, slots=True)
class Upload:
    """A third party's certificate as it is given: of the kind ``server`` with its key, or of the kind ``ca``."""

    kind: str
    name: str
    certificate_pem: bytes
    private_key_pem: bytes | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)


def add_regional_certificate(actor: Actor, certificate_id: str, *, regions: Sequence[str]) -> list[RegionalCertificate]:
    """Let Classic Load Balancers of these regions use a certificate of the repository; where they can, it stays so.

    Raises ConflictError for a key that they do not serve, and above a region's limit: then nothing is added.
    """
    wanted = _checked_regions(regions)
    with recording(actor) as changes:
        certificate = rows.take(
            Certificate.objects.select_related("current_version"), certificate_id, "certificate", field="certificate_id"
        )
        return _add(changes, certificate, wanted)


def upload_regional_certificate(
    actor: Actor, upload: Upload, *, regions: Sequence[str]
) -> tuple[Imported, list[RegionalCertificate]]:
    """Import a third party's certificate into the repository and add it to these regions: both, or nothing."""
    wanted = _checked_regions(regions)
    with recording(actor) as changes:
        imported = import_certificate(
            actor,
            kind=upload.kind,
            name=upload.name,
            certificate_pem=upload.certificate_pem,
            private_key_pem=upload.private_key_pem,
            passphrase=upload.passphrase,
        )
        return imported, _add(changes, imported.certificate, wanted)


def upload_for_region(actor: Actor, upload: Upload, *, region: str) -> RegionalCertificate:
    """Add a third party's certificate to one region, under a name that another may have, as the cloud's API does.

    What the repository has already is added from there. What is new goes out of the repository again with
    ``delete_from_region``.
    """
    (wanted,) = _checked_regions([region])
    name = checked_name(upload.name)
    with recording(actor) as changes:
        (bundle,) = parse([CertificateUpload(upload.kind, upload.certificate_pem, upload.private_key_pem)])
        known = Certificate.objects.filter(current_version__sha256=bundle.leaf.description.sha256).first()
        certificate = known or _stored(actor, upload, bundle, free_names([name])[0])
        (row,) = _add(changes, certificate, [wanted])
        if known is None or _came_by_upload(known):
            row.is_upload = True
        row.name = row.name or name
        row.save(update_fields=["name", "is_upload"])
    return row


def _stored(actor: Actor, upload: Upload, bundle: Bundle, name: str) -> Certificate:
    new = NewCertificate(upload.kind, name, upload.certificate_pem, upload.private_key_pem)
    return store_bundles(actor, [new], [bundle])[0].certificate


def _came_by_upload(certificate: Certificate) -> bool:
    return RegionalCertificate.objects.filter(certificate=certificate, is_upload=True).exists()


def rename_in_region(actor: Actor, row: RegionalCertificate, *, name: str) -> None:
    """Call a certificate otherwise in its region; the repository's name of it stays."""
    row.name = checked_name(name, is_required=True)
    with recording(actor) as changes:
        row.save(update_fields=["name"])
        summary = f"called “{row.name}” in region {row.region}"
        changes.record("certificate.region-renamed", row.certificate, summary, region=row.region)


def delete_from_region(actor: Actor, row: RegionalCertificate) -> None:
    """Take a certificate away from a region; one that came for regions alone leaves the repository with the last one.

    Raises ConflictError while a listener of the region has it.
    """
    with recording(actor):
        remove_regional_certificate(actor, row.certificate_id, region=row.region)
        is_elsewhere = RegionalCertificate.objects.filter(certificate=row.certificate_id).exists()
        if row.is_upload and not is_elsewhere and not usages_of([row.certificate_id])[row.certificate_id].total:
            delete_certificate(actor, row.certificate_id)


def remove_regional_certificate(actor: Actor, certificate_id: str, *, region: str) -> None:
    """Take a certificate away from the Classic Load Balancers of a region; it stays in the repository.

    Raises ConflictError while one of their listeners has it.
    """
    with recording(actor) as changes:
        row = RegionalCertificate.objects.select_related("certificate").filter(
            certificate_id=certificate_id if is_id(certificate_id) else "", region=region if is_id(region) else ""
        )
        found = row.first()
        if found is None:
            raise _not_there(certificate_id, region)
        _refuse_in_use(found)
        summary = f"removed from the Classic Load Balancers of region {region}"
        changes.record("certificate.region-removed", found.certificate, summary, region=region)
        found.delete()


def _add(changes: Recorder, certificate: Certificate, regions: Sequence[str]) -> list[RegionalCertificate]:
    _refuse_unfit(certificate)
    there = {row.region: row for row in RegionalCertificate.objects.filter(certificate=certificate)}
    for region in regions:
        if region not in there:
            _refuse_one_too_many(certificate, region)
            there[region] = RegionalCertificate.objects.create(
                certificate=certificate, region=region, created_by=changes.actor.name
            )
            summary = f"added to the Classic Load Balancers of region {region}"
            changes.record("certificate.region-added", certificate, summary, region=region)
    return [there[region] for region in regions]


def _refuse_unfit(certificate: Certificate) -> None:
    """Refuse what no listener of a Classic Load Balancer could take."""
    if certificate.kind == Kind.CA:
        require_ca_certificates([certificate], "certificate_id")
        return
    require_server_certificates([certificate], "certificate_id")
    refuse_key(FEATURES[Product.CLB, ""], certificate, "certificate_id")


def _refuse_one_too_many(certificate: Certificate, region: str) -> None:
    kind = Kind(certificate.kind)
    limit = limits.limit_of(QUOTAS[kind])
    there = RegionalCertificate.objects.filter(region=region, certificate__kind=kind).count()
    text = _("Region %(region)s has %(there)s certificates of the kind “%(kind)s”; %(limit)s are allowed.")
    told = {"region": region, "there": there, "kind": kind.label, "limit": limit}
    limits.refuse_above(limit, there + 1, text % told, QUOTAS[kind], "regions")


def _checked_regions(regions: Sequence[str]) -> list[str]:
    if not regions:
        raise InvalidInputError(
            _("No region is chosen, so no Classic Load Balancer could use the certificate."),
            "regional-certificate.regions-missing",
            field="regions",
            way_out=_("Choose each region in which it is to be used."),
        )
    return list(dict.fromkeys(check_region(region, "regions") for region in regions))


def _refuse_in_use(row: RegionalCertificate) -> None:
    bound = Binding.objects.filter(
        certificate=row.certificate_id,
        listener__load_balancer__region=row.region,
        listener__load_balancer__product=Product.CLB,
    )
    users = list(bound.select_related("listener__load_balancer").order_by("listener__load_balancer", "listener__port"))
    if users:
        named = ", ".join(f"{binding.listener} ({binding.listener.load_balancer})" for binding in users[:10])
        raise ConflictError(
            _("“%(certificate)s” is in use in region %(region)s by %(users)s.")
            % {"certificate": row.certificate, "region": row.region, "users": named},
            "regional-certificate.in-use",
            way_out=_("Give these listeners another certificate first."),
        )


def _not_there(certificate_id: str, region: str) -> NotFoundError:
    return NotFoundError(
        _("Certificate “%(id)s” was not added to region “%(region)s”.")
        % {"id": certificate_id[:64], "region": region[:64]},
        "regional-certificate.not-found",
        way_out=_("Look it up in the list; it may have been removed already."),
    )
