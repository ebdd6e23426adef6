"""The kinds of key that are made here."""

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.db import models
from django.utils.translation import gettext as _

from console.errors import InvalidInputError

PUBLIC_EXPONENT = 65_537


class KeyType(models.TextChoices):
    """An algorithm with its size."""

    P256 = "P-256", "ECDSA P-256"
    P384 = "P-384", "ECDSA P-384"
    RSA_2048 = "RSA-2048", "RSA 2048"
    RSA_3072 = "RSA-3072", "RSA 3072"
    RSA_4096 = "RSA-4096", "RSA 4096"


NewKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CURVES: dict[str, ec.EllipticCurve] = {KeyType.P256: ec.SECP256R1(), KeyType.P384: ec.SECP384R1()}
_RSA_BITS: dict[str, int] = {KeyType.RSA_2048: 2048, KeyType.RSA_3072: 3072, KeyType.RSA_4096: 4096}


def check_key_type(key_type: str) -> None:
    """Raise InvalidInputError for what is no kind of key."""
    if key_type not in KeyType.values:
        raise InvalidInputError(
            _("“%(type)s” is no kind of key that is made here.") % {"type": key_type[:50]},
            "key.type",
            field="key_type",
            way_out=_("Choose one of %(types)s.") % {"types": ", ".join(KeyType.values)},
        )


def generate_key(key_type: str) -> NewKey:
    """Make a key; RSA 4096 may take seconds, so call it before a transaction. Raises InvalidInputError."""
    check_key_type(key_type)
    if key_type in _CURVES:
        return ec.generate_private_key(_CURVES[key_type])
    return rsa.generate_private_key(PUBLIC_EXPONENT, _RSA_BITS[key_type])
