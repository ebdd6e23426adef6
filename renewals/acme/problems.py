"""What an ACME server refuses, or why it cannot be spoken to, in words with a way out."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import josepy.errors
import requests
from acme import errors, messages
from django.utils.translation import gettext as _

from renewals.acme.network import Network
from renewals.problems import AttemptFailedError

logger = logging.getLogger(__name__)

LONGEST_DETAIL = 600
# What the library lets through, too, of an answer that is no ACME: a list for an object, a missing field.
NOT_ACME = (josepy.errors.Error, KeyError, ValueError, TypeError, AttributeError)


@contextmanager
def told(network: Network, server: str) -> Iterator[None]:
    """Turn whatever goes wrong in a conversation with ``server`` into an AttemptFailedError."""
    try:
        yield
    except AttemptFailedError:
        raise
    except messages.Error as error:
        raise refusal(error, server, network) from None
    except errors.ConflictError as error:
        raise _failed("acme.conflict", _("%(server)s answers that it exists already.") % {"server": server}) from error
    except requests.exceptions.SSLError as error:
        raise _untrusted(server, error) from None
    except (requests.RequestException, errors.ClientError) as error:
        raise _unreachable(server, error, network) from None
    except (errors.Error, *NOT_ACME) as error:
        logger.warning("no sense was made of what %s answers", server, exc_info=True)
        raise _not_acme(server, error) from None


def refusal(error: messages.Error, server: str, network: Network | None = None) -> AttemptFailedError:
    """Return a problem document (RFC 8555, section 6.7) in words; its type is the end of the code."""
    kind = kind_of(error)
    parts = [error.detail or error.title or "", *_subproblems(error)]
    detail = " ".join(str(part) for part in parts if part)[:LONGEST_DETAIL].rstrip(". ")
    detail = detail or str(error.description or _("no reason is given"))
    message = _("%(server)s refuses (%(type)s): %(detail)s.") % {"server": server, "type": kind, "detail": detail}
    wait_until = network.wait_until if network else None
    return AttemptFailedError(message, f"acme.{kind}", way_out=_way_out(kind), wait_until=wait_until)


def kind_of(error: messages.Error) -> str:
    """Return the end of a problem's type, such as ``rateLimited``; servers may write anything there."""
    return str(error.typ or "unknown").rpartition(":")[2][:60]


def _subproblems(error: messages.Error) -> Iterator[str]:
    for problem in error.subproblems or ():
        name = f"{problem.identifier.value}: " if problem.identifier else ""
        yield f"{name}{problem.detail or problem.title or problem.typ}"


def _way_out(kind: str) -> str:
    ways = {
        "accountDoesNotExist": _("Register another account, and choose it in the renewal."),
        "badCSR": _("Choose another kind of key."),
        "caa": _("Allow this authority in the CAA record of the name."),
        "connection": _("Open the challenge's port to the server: 443 for TLS-ALPN-01, 80 for HTTP-01."),
        "dns": _("Check that the name has an address record that the server can resolve."),
        "externalAccountRequired": _("Give the key id and the key that the authority gave you."),
        "incorrectResponse": _("Check that the name leads to this installation and to no other server."),
        "invalidContact": _("Give another mail address."),
        "rateLimited": _("lbadmin tries again when the server allows it."),
        "rejectedIdentifier": _("Ask only for names that this authority issues for."),
        "tls": _("Check that port 443 of the name leads to a TCPSSL listener of this installation."),
        "unauthorized": _("Check that the name leads to this installation, and the account at the authority."),
        "unsupportedContact": _("Give a mail address as the contact."),
        "unsupportedIdentifier": _("Leave out what this authority issues no certificates for, such as IP addresses."),
        "userActionRequired": _("Agree to the authority's new terms at its site."),
    }
    return ways.get(kind, _("See the authority's documentation of this problem type."))


def _failed(code: str, message: str, way_out: str = "") -> AttemptFailedError:
    return AttemptFailedError(message, code, way_out=way_out)


def _untrusted(server: str, error: Exception) -> AttemptFailedError:
    return _failed(
        "acme.untrusted",
        _("The certificate of %(server)s is not trusted: %(reason)s") % {"server": server, "reason": _reason(error)},
        _("For a private server give the CA certificate that it is signed by."),
    )


def _unreachable(server: str, error: Exception, network: Network) -> AttemptFailedError:
    return AttemptFailedError(
        _("%(server)s does not answer as it should: %(reason)s") % {"server": server, "reason": _reason(error)},
        "acme.unreachable",
        way_out=_("Check the address, and that this machine reaches it."),
        wait_until=network.wait_until,
    )


def _not_acme(server: str, error: Exception) -> AttemptFailedError:
    return _failed(
        "acme.not-acme",
        _("What %(server)s answers is not ACME: %(reason)s") % {"server": server, "reason": _reason(error)},
        _("Check the address of the directory."),
    )


def _reason(error: Exception) -> str:
    """Return the innermost reason, without the objects' addresses of libraries, as the end of a sentence."""
    innermost: BaseException = error
    while (inner := innermost.__cause__ or innermost.__context__) is not None:
        innermost = inner
    text = str(innermost) or type(innermost).__name__
    return f"{text[:LONGEST_DETAIL].rstrip('.')}."
