"""Certificates of Classic Load Balancers: which keys they serve, and that a certificate is added region by region."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils.translation import gettext as _

from certificates.models import Certificate, Kind
from console.errors import ConflictError
from listeners.models import LoadBalancer, Product, RegionalCertificate
from listeners.products import FEATURES, Features, features_of


def refuse_unfit_certificates(balancer: LoadBalancer, certificates: Sequence[Certificate], field: str) -> None:
    """Raise ConflictError when listeners of ``balancer`` cannot take one of ``certificates``, for its key or region."""
    features = features_of(balancer)
    for certificate in certificates:
        refuse_key(features, certificate, field)
    if features.regional_certificates:
        refuse_elsewhere(balancer.region, certificates, field)


def refuse_key(features: Features, certificate: Certificate, field: str) -> None:
    """Raise ConflictError when a product does not serve the certificate's kind of key."""
    version = certificate.current_version
    if certificate.kind != Kind.SERVER or version is None:
        return
    problem = key_problem(features, version.key_algorithm, version.key_bits, certificate.name)
    if problem:
        problem.field = field
        raise problem


def key_problem(features: Features, algorithm: str, bits: int, name: str) -> ConflictError | None:
    """Return why a product does not serve a key; None where it does."""
    is_known = features.key_algorithms is None or algorithm in features.key_algorithms
    if is_known and (features.rsa_bits is None or bits in features.rsa_bits):
        return None
    told = {"name": name, "algorithm": algorithm, "bits": bits}
    return ConflictError(
        _("“%(name)s” has a key of %(algorithm)s with %(bits)s bits; a Classic Load Balancer serves RSA keys only.")
        % told
        if not is_known
        else _("“%(name)s” has an RSA key of %(bits)s bits; a Classic Load Balancer serves 2048 and 4096 bits.") % told,
        "listener.certificate-key-not-of-product" if is_known else "listener.certificate-algorithm-not-of-product",
        way_out=_(
            "Use a certificate with an RSA key of 2048 or 4096 bits, "
            "or an Application or Network Load Balancer for this one."
        ),
    )


def leaf_problem(leaf: x509.Certificate, name: str) -> ConflictError | None:
    """Return why Classic Load Balancers could not serve ``leaf``; None where they can. The engine takes its key."""
    key = leaf.public_key()
    algorithm = "RSA" if isinstance(key, rsa.RSAPublicKey) else "ECDSA"
    return key_problem(FEATURES[Product.CLB, ""], algorithm, getattr(key, "key_size", 0), name)


def refuse_elsewhere(region: str, certificates: Sequence[Certificate], field: str) -> None:
    """Raise ConflictError when one of ``certificates`` was not added to ``region``."""
    wanted = [certificate.pk for certificate in certificates]
    there = RegionalCertificate.objects.filter(region=region, certificate__in=wanted)
    added = set(there.values_list("certificate_id", flat=True))
    for certificate in certificates:
        if certificate.pk not in added:
            raise ConflictError(
                _(
                    "“%(name)s” was not added to region %(region)s: "
                    "listeners of a Classic Load Balancer take only certificates of their own region."
                )
                % {"name": certificate, "region": region},
                "listener.certificate-not-in-region",
                field=field,
                way_out=_("Add it to the region first: page Add certificate, or POST /regional-certificates."),
            )
