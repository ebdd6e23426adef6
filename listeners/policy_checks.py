"""What a custom TLS security policy may ask for. Pure.

Source: the cloud's references of CreateSecurityPolicy (NLB, ALB), and what the engine can do.
"""

from collections.abc import Sequence
from itertools import pairwise

from django.utils.translation import gettext as _

from console.errors import DomainError, InvalidInputError
from listeners.cipher_suites import (
    ALLOWED_CIPHERS,
    CIPHERS_OF_VERSION,
    NOT_IN_ENGINE,
    SM2_CIPHER,
    VERSIONS,
    versions_of,
)
from listeners.tls_policies import TlsPolicy

NAME_LENGTH = range(1, 201)


def check_policy_name(value: str) -> str:
    """Return the name of a policy, without the space around it."""
    name = value.strip()
    if len(name) not in NAME_LENGTH or not name.isprintable():
        raise InvalidInputError(
            _("“%(name)s” cannot be the name of a TLS security policy.") % {"name": name[:210]},
            "security-policy.name-invalid",
            field="name",
            way_out=_("Use 1 to 200 printable characters."),
        )
    return name


def check_versions(values: Sequence[str]) -> tuple[str, ...]:
    """Return the protocol versions, oldest first; they follow each other without a gap."""
    for value in values:
        if value not in VERSIONS:
            raise _versions_error(
                _("“%(value)s” is no TLS version.") % {"value": str(value)[:40]},
                "security-policy.version-unknown",
                _("Choose from %(versions)s.") % {"versions": ", ".join(VERSIONS)},
            )
    chosen = tuple(version for version in VERSIONS if version in values)
    if not chosen:
        raise _versions_error(
            _("A TLS security policy needs a protocol version."),
            "security-policy.version-missing",
            _("Choose TLSv1.2 and TLSv1.3, unless old clients need more."),
        )
    _refuse_gap(chosen)
    return chosen


def _refuse_gap(chosen: tuple[str, ...]) -> None:
    for older, newer in pairwise(chosen):
        between = VERSIONS[VERSIONS.index(older) + 1 : VERSIONS.index(newer)]
        if between:
            told = {"older": older, "newer": newer, "between": ", ".join(between)}
            raise _versions_error(
                _(
                    "The engine takes a lowest and a highest version, so %(older)s and %(newer)s without"
                    " %(between)s cannot be served."
                )
                % told,
                "security-policy.versions-gap",
                _("Add %(between)s, or leave %(older)s out.") % told,
            )


def check_ciphers(versions: tuple[str, ...], values: Sequence[str]) -> tuple[str, ...]:
    """Return the cipher suites in the order given; each goes with a chosen version, and each version has one."""
    seen: set[str] = set()
    for value in values:
        if value not in ALLOWED_CIPHERS:
            raise _unknown_cipher(value)
        if value in seen:
            raise _ciphers_error(
                _("Cipher suite %(cipher)s is listed twice.") % {"cipher": value},
                "security-policy.cipher-twice",
                _("List it once, where it should stand."),
            )
        seen.add(value)
        _refuse_without_version(value, versions)
    for version in versions:
        _refuse_without_cipher(version, versions, values)
    return tuple(values)


def _unknown_cipher(value: str) -> DomainError:
    if value == SM2_CIPHER:
        return _ciphers_error(
            _("%(cipher)s belongs to TLCP, which the engine does not speak; SM2 certificates come later.")
            % {"cipher": value},
            "security-policy.cipher-sm2",
            _("Leave it out: RSA and ECDSA certificates need none of it."),
        )
    return _ciphers_error(
        _("“%(cipher)s” is no cipher suite that a policy can have.") % {"cipher": str(value)[:60]},
        "security-policy.cipher-unknown",
        _("Choose from %(ciphers)s.") % {"ciphers": ", ".join(ALLOWED_CIPHERS)},
    )


def _refuse_without_version(cipher: str, versions: tuple[str, ...]) -> None:
    fitting = versions_of(cipher)
    if not set(fitting) & set(versions):
        told = {"cipher": cipher, "fitting": ", ".join(fitting), "versions": ", ".join(versions)}
        raise _ciphers_error(
            _("Cipher suite %(cipher)s goes with %(fitting)s, and the policy has %(versions)s.") % told,
            "security-policy.cipher-without-version",
            _("Leave it out, or add %(version)s.") % {"version": fitting[-1]},
        )


def _refuse_without_cipher(version: str, versions: tuple[str, ...], values: Sequence[str]) -> None:
    fitting = [cipher for cipher in values if cipher in CIPHERS_OF_VERSION[version]]
    if any(cipher not in NOT_IN_ENGINE for cipher in fitting):
        return
    offered = [cipher for cipher in CIPHERS_OF_VERSION[version] if cipher not in NOT_IN_ENGINE]
    told = {"version": version, "ciphers": ", ".join(fitting), "offered": ", ".join(offered)}
    add = _("Add one of %(offered)s.") % told
    leave = _("Add one of %(offered)s, or leave %(version)s out.") % told
    if fitting:
        message = _("Of the cipher suites for %(version)s, %(ciphers)s, the engine's TLS library has none.") % told
    else:
        message = _("%(version)s is chosen, and no cipher suite that goes with it.") % told
    raise _ciphers_error(message, "security-policy.version-without-cipher", leave if len(versions) > 1 else add)


def checked_policy(
    versions: Sequence[str], ciphers: Sequence[str], *, policy_id: str = "", name: str = ""
) -> TlsPolicy:
    """Return the policy that these make. Raises InvalidInputError for the first thing that is wrong."""
    chosen = check_versions(versions)
    return TlsPolicy(policy_id, chosen, check_ciphers(chosen, ciphers), name)


def _versions_error(message: str, code: str, way_out: str) -> DomainError:
    return InvalidInputError(message, code, field="versions", way_out=way_out)


def _ciphers_error(message: str, code: str, way_out: str) -> DomainError:
    return InvalidInputError(message, code, field="ciphers", way_out=way_out)
