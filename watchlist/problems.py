"""What can be wrong with an address outside, as stable codes, and the words for each in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

# Nothing was shown at the last check.
FAILURES = {
    "name-unknown": _("The host name has no address that the worker can find."),
    "connect-refused": _("The connection was refused: nothing listens on the port."),
    "connect-timeout": _("No connection came about within five seconds."),
    "connect-failed": _("The connection failed: %(reason)s."),
    "timeout": _("There was no whole handshake within %(seconds)s seconds."),
    "closed": _("The server closed the connection before it showed a certificate."),
    "dialogue": _("The server does not go on to TLS (%(protocol)s): %(reason)s."),
    "handshake": _("The TLS handshake failed: %(reason)s."),
    "no-certificate": _("The server shows no certificate."),
    "unreadable": _("The certificate that it shows cannot be read."),
    "broken-off": _("The check broke off; the worker's log has the cause."),
}
# A certificate was shown that clients would not trust.
TRUST_PROBLEMS = {
    "name-mismatch": _("The certificate is not for “%(name)s”: browsers refuse it."),
    "self-signed": _("The certificate is signed by itself."),
    "authority-unknown": _("Nobody here knows the authority “%(issuer)s”, which signed the chain."),
    "chain-incomplete": _("The chain is incomplete: the server does not send the certificate of “%(issuer)s”."),
    "expired": _("“%(subject)s” has expired."),
    "not-yet-valid": _("“%(subject)s” is not valid yet."),
    "signature": _("The signature of “%(subject)s” is wrong."),
    "purpose": _("“%(subject)s” is not for TLS servers."),
    "authority-invalid": _("“%(subject)s” may not sign certificates."),
    "other": _("OpenSSL objects to “%(subject)s” (error %(number)s)."),
}


def problem(code: str, **parameters: Any) -> dict[str, Any]:
    """Return a problem as it is stored."""
    return {"code": code, "parameters": parameters}


def words_of(kept: Mapping[str, Any]) -> str:
    """Say a stored problem in the reader's language; empty for none."""
    if not kept:
        return ""
    words = FAILURES.get(kept["code"]) or TRUST_PROBLEMS.get(kept["code"])
    return str(words) % kept["parameters"] if words else str(kept["code"])
