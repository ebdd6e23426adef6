"""Why handshakes failed: each reason of the engine's access log in plain words, with what to do about it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from listeners.models import ListenerStatus


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason, how often it was met, and its words."""

    reason: str
    count: int
    meaning: "str | Promise"
    fix: "str | Promise"


WORDS: Mapping[str, tuple["str | Promise", "str | Promise"]] = MappingProxyType(
    {
        "no-client-certificate": (
            _("The client showed no certificate, and mutual authentication asks for one."),
            _("Install a client certificate on the client, or disable mutual authentication."),
        ),
        "certificate-expired": (
            _("The client's certificate, or one above it, has expired."),
            _("Renew the client certificate; check the clock of the node if many clients are refused."),
        ),
        "certificate-not-yet-valid": (
            _("The client's certificate is not valid yet."),
            _("Check the clocks of the client and of the node."),
        ),
        "certificate-revoked": (
            _("The client's certificate was revoked by its authority."),
            _("Issue a new client certificate, if the client should still have access."),
        ),
        "list-expired": (
            _("The revocation list of the client's authority has expired, and was chosen to refuse every client then."),
            _("Give the CA certificate a newer list, or choose that an expired list is ignored."),
        ),
        "no-list": (
            _("The CA certificate carries revocation lists, and none for the authority that issued this client."),
            _("Add the list of the client's authority to the CA certificate."),
        ),
        "certificate-purpose": (
            _("The client's certificate is not meant for client authentication."),
            _("Issue one with the extended key usage clientAuth."),
        ),
        "unknown-ca": (
            _("The client's certificate was issued by an authority that this listener does not trust."),
            _("Change the CA certificate to the client's authority, and let the client send its intermediates."),
        ),
        "certificate-refused": (
            _("The client's certificate did not pass verification."),
            _("Verify it against the listener's CA certificate with openssl verify."),
        ),
        "protocol-version": (
            _("The client speaks only TLS versions that the policy does not allow."),
            _("Update the client, or choose a TLS security policy with an older version."),
        ),
        "no-shared-cipher": (
            _("The client and the policy have no cipher suite, curve or signature algorithm in common."),
            _("Choose a wider TLS security policy, or bind both an RSA and an ECDSA certificate for the name."),
        ),
        "no-shared-alpn": (
            _("The client asked only for application protocols that the ALPN policy does not offer."),
            _("Choose an ALPN policy that has the client's protocol."),
        ),
        "not-tls": (
            _("What arrived was not TLS: plain HTTP, a port scan or a health check of another system."),
            _("Point the client at https, or let the health check speak TLS."),
        ),
        "refused-by-client": (
            _("The client refused the server certificate: unknown authority, wrong name or expired."),
            _("Check the chain, names and end of the certificate that is served for the name it asked for."),
        ),
        "handshake-timeout": (
            _("The client did not finish its handshake within 5 seconds."),
            _("Nothing to do if it is rare: scanners and dying clients do this."),
        ),
        "tls-error": (
            _("The handshake broke for another reason."),
            _("Look in the node's log for the engine's own words."),
        ),
        "client-closed": (
            _("The client went away before the handshake was done."),
            _("Nothing to do if it is rare: browsers open spare connections and port checks do this."),
        ),
        "connection-limit": (
            _("The limit of new connections per second was reached."),
            _("Raise the limit of the listener, or set it to 0 for none."),
        ),
        "no-server": (
            _("The handshake was good, but no server of the group took the connection."),
            _("Check the health of the servers below, and that their ports are open to this node."),
        ),
    }
)


def explained(statuses: Iterable[ListenerStatus]) -> list[Failure]:
    """Return the failures over all nodes, the most frequent first."""
    counts: Counter[str] = Counter()
    for status in statuses:
        counts.update(status.failures)
    unknown = (_("A reason that this console has no words for."), _("Look in the node's log."))
    return [Failure(reason, count, *WORDS.get(reason, unknown)) for reason, count in counts.most_common() if count]
