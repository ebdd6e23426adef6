"""What a binding brings to the choice of a certificate by name."""

from listeners.choice import Candidate
from listeners.models import Binding


def candidate_of(binding: Binding) -> Candidate:
    """Return what the choice of names needs of a binding; its certificate's current version and names are read."""
    version = binding.certificate.current_version
    if version is None:
        return Candidate(binding.pk, (), "", 0, "", binding.created_at)
    return Candidate(
        binding_id=binding.pk,
        names=(binding.domain,)
        if binding.domain
        else tuple(name.value for name in version.names.all() if name.kind == "dns"),
        key_algorithm=version.key_algorithm,
        key_bits=version.key_bits,
        signature_hash=version.signature_hash,
        not_after=version.not_after,
    )
