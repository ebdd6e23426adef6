"""Add certificates to regions for Classic Load Balancers, and remove them: from the repository or by an upload."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from certificates.models import Certificate, Kind
from certificates.services import Imported, import_certificate
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
