"""Which certificate fits into a slot of a listener, and putting it there."""

from collections.abc import Collection

from certificates.matching import lost_names
from certificates.models import Certificate
from cloudapi.cas.resources import names_of_slot
from events.actor import Actor
from listeners import services
from listeners.models import Binding, Product


def put(actor: Actor, binding: Binding, certificate: Certificate) -> None:
    """Have a slot serve another certificate, which a Classic Load Balancer's region gets to know before."""
    listener = binding.listener
    if listener.load_balancer.product == Product.CLB:
        services.add_regional_certificate(actor, certificate.pk, regions=[listener.load_balancer.region])
    if binding.role == Binding.Role.DEFAULT:
        services.change_default_certificate(actor, listener.pk, certificate_id=certificate.pk)
    elif binding.domain:
        services.change_domain_extension(actor, listener.pk, domain=binding.domain, certificate_id=certificate.pk)
    else:
        services.change_additional_certificate(actor, listener.pk, binding.pk, certificate_id=certificate.pk)


def fitting(binding: Binding, candidates: Collection[Certificate]) -> Certificate | None:
    """Return the certificate that has most of a slot's names, None where none has any.

    Of two that have as many, the one with the same kind of key goes first, then the one that ends later.
    """
    names = names_of_slot(binding)
    kind = binding.certificate.key_algorithm

    def rank(certificate: Certificate) -> tuple[int, bool, str]:
        covered = len(names) - len(lost_names(names, _names(certificate)))
        return covered, certificate.key_algorithm == kind, str(certificate.not_after)

    best = max(candidates, key=rank, default=None)
    return best if best is not None and rank(best)[0] else None


def _names(certificate: Certificate) -> list[str]:
    version = certificate.current_version
    return [name.value for name in version.names.all()] if version else []
