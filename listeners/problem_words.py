"""The words of every problem that a node reports, by code. Pure: nodes keep parameters, readers choose a language."""

from collections.abc import Mapping
from types import MappingProxyType

Parameters = Mapping[str, str | int]


def _(words: str) -> str:
    """Mark words for the translators; they are translated where they are shown."""
    return words


WORDS: Mapping[str, str] = MappingProxyType(
    {
        "listener.address-invalid": _("“%(address)s” is not an IP address to listen on."),
        "listener.port-invalid": _("%(port)s is not a port between 1 and %(highest)s."),
        "listener.policy-unknown": _("There is no TLS security policy “%(policy)s”."),
        "listener.alpn-policy-unknown": _("There is no ALPN policy “%(policy)s”."),
        "listener.idle-timeout-invalid": _("The idle timeout must be at least 1 second."),
        "listener.rate-invalid": _("The connection limit is above %(highest)s per second."),
        "listener.proxy-protocol-over-udp": _(
            "The engine sends no proxy protocol over UDP, so the servers see the node's address. Turn the setting off."
        ),
        "listener.rate-over-udp": _(
            "The engine does not count new UDP sessions by the second, so the limit has no effect. Set it to 0."
        ),
        "listener.rule-unreadable": _(
            "Forwarding rule “%(name)s” cannot be read and is left out. Save it again, or delete it."
        ),
        "listener.no-server-group": _("The listener has no server group."),
        "listener.no-default-certificate": _(
            "The listener has no default certificate that can be served, so it is not started."
        ),
        "listener.no-ca-certificate": _(
            "Mutual authentication is on and there is no CA certificate, so the listener is not started."
        ),
        "listener.owned-elsewhere": _("%(holder)s of this machine serves this listener already. Stop it there first."),
        "listener.port-held": _("%(place)s is held by %(holders)s. Stop it, or give the listener another port."),
        "listener.port-held-unseen": _(
            "%(place)s is held by a process of another user, whose name only root can see. Stop it, or give the "
            "listener another port."
        ),
        "listener.address-absent": _(
            "%(address)s is not an address of this machine. Give the load balancer one that is."
        ),
        "listener.port-privileged": _(
            "Port %(port)s needs the capability CAP_NET_BIND_SERVICE, which this process lacks. Start the node "
            "with it (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), lower "
            "net.ipv4.ip_unprivileged_port_start, or use a port from 1024 on."
        ),
        "listener.port-unusable": _("%(place)s cannot be listened on: %(reason)s."),
        "certificate.empty": _("The certificate has no version."),
        "certificate.without-key": _("Certificate “%(name)s” has no private key; import it again with its key."),
        "certificate.key-too-short": _(
            "Certificate “%(name)s” has an RSA key of %(bits)s bits; the engine's limit is %(limit)s. Replace it "
            "with a longer key."
        ),
        "certificate.refused": _("Certificate “%(name)s” cannot be served: %(reason)s"),
        "certificate.no-servable-name": _(
            "Certificate “%(name)s” has no DNS name that clients can ask for, so it is never chosen."
        ),
        "crl.expired-refusing": _(
            "CA certificate “%(name)s”: The revocation list of %(issuer)s has expired, so every client of that "
            "authority is refused. Give a newer list."
        ),
        "crl.expired-ignored": _(
            "CA certificate “%(name)s”: The revocation list of %(issuer)s has expired and is ignored, as chosen: "
            "revoked clients are let in. Give a newer list."
        ),
        "crl.incomplete": _(
            "CA certificate “%(name)s”: Revocation is not checked: no usable list of %(issuers)s, whose clients would "
            "all be refused."
        ),
        "server.address-invalid": _("Server %(server)s of “%(name)s” is not an IP address or host name with a port."),
        "server_group.no-servers": _(
            "Server group “%(name)s” has no server with a weight above 0, so every connection fails."
        ),
        "server_group.no-ca-certificate": _(
            "Server group “%(name)s” verifies its servers by a CA certificate that has no version, so none is "
            "connected to."
        ),
        "server_group.health-check-invalid": _(
            "The health check of “%(name)s” has a figure out of its range; its servers are not checked."
        ),
        "engine.refused": "%(reason)s",  # the engine's own words
    }
)


def message_of(code: str, parameters: Parameters) -> str:
    """Return what a problem says, in the language of logs."""
    return WORDS[code] % parameters
