"""Private keys at rest: sealed like every other secret (``console.sealing``), and opened here."""

from django.apps import apps
from django.utils.translation import gettext as _

from console.errors import NotFoundError
from console.sealing import (
    BATCH,
    Resealed,
    closed_columns,
    register_sealed_field,
    rotate_keys,
    seal,
    sealed_columns,
    unseal,
)

__all__ = (
    "BATCH",
    "Resealed",
    "closed_columns",
    "open_private_key",
    "register_sealed_field",
    "rotate_keys",
    "seal",
    "sealed_columns",
    "unseal",
)


def open_private_key(version_id: int) -> bytes:
    """Return a version's private key, PKCS#8 PEM; raise NotFoundError for a version without one."""
    # Looked up by name: other apps import this module before any model can be.
    sealed_keys = apps.get_model("certificates.SealedKey").objects
    token = sealed_keys.filter(version_id=version_id).values_list("token", flat=True).first()
    if token is None:
        raise NotFoundError(_("This certificate has no private key."), "certificate.no-key")
    return unseal(token)
