"""The subject of a certificate or request, as people give it (RFC 5280, appendix A.1)."""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext as _

from console.errors import InvalidInputError

LONGEST_COMMON_NAME = 64
_COUNTRY = re.compile(r"[A-Z]{2}")
_EMAIL = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,189}")


@dataclass(frozen=True, slots=True)
class Subject:
    """The parts of a distinguished name; an empty one is left out."""

    common_name: str = ""
    organization: str = ""
    organizational_unit: str = ""
    country: str = ""  # ISO 3166, two letters
    state: str = ""
    locality: str = ""
    email: str = ""


class _Part(NamedTuple):
    oid: x509.ObjectIdentifier
    longest: int


# In the order in which they are written, from the widest to the narrowest.
_PARTS = {
    "country": _Part(NameOID.COUNTRY_NAME, 2),
    "state": _Part(NameOID.STATE_OR_PROVINCE_NAME, 128),
    "locality": _Part(NameOID.LOCALITY_NAME, 128),
    "organization": _Part(NameOID.ORGANIZATION_NAME, 64),
    "organizational_unit": _Part(NameOID.ORGANIZATIONAL_UNIT_NAME, 64),
    "common_name": _Part(NameOID.COMMON_NAME, LONGEST_COMMON_NAME),
    "email": _Part(NameOID.EMAIL_ADDRESS, 254),
}


def distinguished_name(subject: Subject, *, needs_common_name: bool = True) -> x509.Name:
    """Return ``subject`` as certificates have it; raise InvalidInputError with the part at fault."""
    given = {part: value.strip() for part, value in dataclasses.asdict(subject).items()}
    given["country"] = given["country"].upper()
    if needs_common_name and not given["common_name"]:
        raise _invalid("common_name", _("The subject needs a common name."))
    for part, value in given.items():
        _check(part, value)
    return x509.Name(
        [x509.NameAttribute(found.oid, given[part]) for part, found in _PARTS.items() if given[part]],
    )


def with_common_name(subject: Subject, names: Sequence[x509.GeneralName]) -> Subject:
    """Return the subject with the first name that fits for a common name that was not given: some clients show it."""
    if subject.common_name.strip():
        return subject
    fitting = (str(name.value) for name in names if len(str(name.value)) <= LONGEST_COMMON_NAME)
    return dataclasses.replace(subject, common_name=next(fitting, ""))


def _check(part: str, value: str) -> None:
    longest = _PARTS[part].longest
    if len(value) > longest or not (value.isprintable() or not value):
        raise _invalid(
            part, _("This part of the subject must have at most %(limit)s printable characters.") % {"limit": longest}
        )
    if part == "country" and value and not _COUNTRY.fullmatch(value):
        raise _invalid(part, _("A country is two letters, such as CN or DE."))
    if part == "email" and value and not _EMAIL.fullmatch(value):
        raise _invalid(part, _("“%(value)s” is no email address.") % {"value": value[:100]})


def _invalid(part: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, "subject.invalid", field=part)
