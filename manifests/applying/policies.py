"""Apply custom TLS security policies, and the certificates that regions can use."""

from django.utils.translation import gettext as _

from certificates.models import Certificate
from console.errors import InvalidInputError
from listeners import services
from listeners.models import RegionalCertificate, SecurityPolicy
from manifests.applying.state import Run, at, is_as_wanted, region_of
from manifests.schemas import Entry


def apply_policy(run: Run, entry: Entry) -> None:
    """Create a policy, or give it the versions and cipher suites that are declared."""
    region = region_of(entry)
    stored = run.stored.policies.get((region, entry["name"]))
    fields = {name: entry[name] for name in ("versions", "ciphers")}
    if stored is None:
        services.create_security_policy(run.actor, name=entry["name"], region=region, **fields)
    elif not is_as_wanted(fields, stored):
        row = SecurityPolicy.objects.get(region=region, name=entry["name"])
        services.update_security_policy(run.actor, row.pk, **fields)


def add_to_regions(run: Run, entry: Entry) -> None:
    """Let Classic Load Balancers of the regions use a certificate."""
    if not entry["regions"]:
        raise InvalidInputError(
            _("No region is named."), "manifest.no-region", field="regions", way_out=_("Name one, or leave this out.")
        )
    if any((entry["certificate"], region) not in run.stored.regions for region in entry["regions"]):
        certificate_id = run.certificate_id(entry["certificate"], "certificate")
        services.add_regional_certificate(run.actor, certificate_id, regions=entry["regions"])


def prune(run: Run) -> None:
    """Delete the policies, and take away the certificates of regions, that are not declared."""
    for region, name in sorted(run.stored.policies.keys() - run.wanted.policies.keys()):
        with at("security_policies"):
            row = SecurityPolicy.objects.get(region=region, name=name)
            services.delete_security_policy(run.actor, row.pk)
    for name, region in sorted(run.stored.regions - run.wanted.regions):
        if RegionalCertificate.objects.filter(certificate__name=name, region=region).exists():
            certificate = Certificate.objects.get(name=name)
            with at("regional_certificates"):
                services.remove_regional_certificate(run.actor, certificate.pk, region=region)
