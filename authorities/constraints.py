"""Name constraints (RFC 5280, section 4.2.1.10): read as people write them, asked before signing. Pure."""

import ipaddress
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext as _

from certificates.matching import InvalidNameError, is_host_name, normalise_name
from console.errors import InvalidInputError

MOST_SUBTREES = 100
LONGEST_GIVEN = 100


def read_constraints(permitted: Sequence[str], excluded: Sequence[str]) -> x509.NameConstraints | None:
    """Return the constraints, None for none: domains, networks (10.0.0.0/8), mailboxes, or all of a host (@host)."""
    allowed = _subtrees(permitted, "permitted_names")
    refused = _subtrees(excluded, "excluded_names")
    if not allowed and not refused:
        return None
    return x509.NameConstraints(allowed or None, refused or None)


def constraints_of(certificate: x509.Certificate) -> x509.NameConstraints | None:
    """Return the constraints in a CA certificate."""
    try:
        return certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None


def subtree_text(subtree: x509.GeneralName) -> str:
    """Return a subtree as people write it."""
    if isinstance(subtree, x509.RFC822Name) and "@" not in subtree.value:
        return f"@{subtree.value}"
    return str(subtree.value)


def first_outside(
    names: Iterable[x509.GeneralName], subject: x509.Name, chain: Iterable[x509.Certificate]
) -> x509.GeneralName | None:
    """Return the first name that an authority of ``chain`` may not sign, None when all are within."""
    asked = [*names, *_names_in_subject(subject, names)]
    for authority in chain:
        constraints = constraints_of(authority)
        for name in asked if constraints else ():
            if constraints and not _is_allowed(name, constraints):
                return name
    return None


def first_wider(inner: x509.NameConstraints | None, chain: Iterable[x509.Certificate]) -> x509.GeneralName | None:
    """Return the first subtree that a subordinate would permit and an authority above it does not."""
    permitted = inner.permitted_subtrees if inner else None
    for authority in chain:
        above = constraints_of(authority)
        for subtree in permitted or ():
            if above and not _is_permitted(subtree, above.permitted_subtrees or ()):
                return subtree
    return None


def _subtrees(texts: Sequence[str], field: str) -> list[x509.GeneralName]:
    distinct = list(dict.fromkeys(_subtree(text.strip(), field) for text in texts if text.strip()))
    if len(distinct) > MOST_SUBTREES:
        raise InvalidInputError(
            _("There may be at most %(limit)s of them.") % {"limit": MOST_SUBTREES}, "constraints.count", field=field
        )
    return distinct


def _subtree(text: str, field: str) -> x509.GeneralName:
    try:
        if "/" in text:
            return x509.IPAddress(ipaddress.ip_network(text))
        local, is_email, host = text.rpartition("@")
        # Below a domain everything is meant anyway, and a wildcard is no base.
        name = normalise_name(host.replace("*", "?"))
        if is_email:
            return x509.RFC822Name(f"{local}@{name}" if local else name)
        return x509.DNSName(name)
    except (InvalidNameError, ValueError):
        raise InvalidInputError(
            _("“%(name)s” is neither a domain, a network nor an email address.") % {"name": text[:LONGEST_GIVEN]},
            "constraints.invalid",
            field=field,
            way_out=_(
                "Write example.com, 10.0.0.0/8, alice@example.com or @example.com; a domain covers what is below it."
            ),
        ) from None


def _names_in_subject(subject: x509.Name, names: Iterable[x509.GeneralName]) -> list[x509.GeneralName]:
    """Return what verifiers take for a name in the subject: its emails, and a host as common name without others."""
    emails = [str(part.value) for part in subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    found: list[x509.GeneralName] = [x509.RFC822Name(email) for email in emails]
    if not any(isinstance(name, x509.DNSName) for name in names):
        common = [str(part.value) for part in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        found += [x509.DNSName(normalise_name(name)) for name in common if "." in name and is_host_name(name)]
    return found


def _is_allowed(name: x509.GeneralName, constraints: x509.NameConstraints) -> bool:
    excluded = any(_overlaps(name, subtree) for subtree in constraints.excluded_subtrees or ())
    return not excluded and _is_permitted(name, constraints.permitted_subtrees or ())


def _is_permitted(name: x509.GeneralName, permitted: Iterable[x509.GeneralName]) -> bool:
    """Whether a subtree covers the name, or none is of its kind."""
    same_kind = [subtree for subtree in permitted if type(subtree) is type(name)]
    return not same_kind or any(_covers(subtree, name) for subtree in same_kind)


def _overlaps(name: x509.GeneralName, subtree: x509.GeneralName) -> bool:
    """Whether the name is in an excluded subtree, or stands for names of which some are."""
    if _covers(subtree, name):
        return True
    is_wildcard = isinstance(name, x509.DNSName) and isinstance(subtree, x509.DNSName) and name.value.startswith("*")
    return is_wildcard and str(subtree.value).endswith(str(name.value)[1:])


def _covers(subtree: x509.GeneralName, name: x509.GeneralName) -> bool:
    if type(subtree) is not type(name):
        return False
    base, value = subtree.value, name.value
    if isinstance(subtree, x509.IPAddress):
        return _covers_address(base, value)
    if isinstance(subtree, x509.RFC822Name):
        return value == base or ("@" not in base and value.rpartition("@")[2] == base)
    return bool(value == base or value.endswith(f".{base}"))


def _covers_address(network: object, address: object) -> bool:
    inner = ipaddress.ip_network(str(address))
    outer = ipaddress.ip_network(str(network))
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False
