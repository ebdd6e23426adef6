"""Which addresses requests of this installation may go to: those of the public Internet, or of ranges allowed. Pure."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The IANA registries of special-purpose addresses, spelled out: what Python's is_global says differs by its version.
_SPECIAL_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers; clouds keep their metadata there too
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",
    )
)
# All that is given out for the public; mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96), local and multicast lie outside.
_GLOBAL_IPV6 = IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4, which holds any IPv4 address
        "3fff::/20",
    )
)
# What no server of one's own has: neighbours on the wire, where clouds keep their metadata, and groups.
_NEVER_OWN = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.100.100.200/32",
        "169.254.0.0/16",
        "224.0.0.0/3",
        "::/128",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "2001::/32",
        "2002::/16",
        "fd00:ec2::254/128",
        "fe80::/10",
        "ff00::/8",
    )
)


def is_globally_routable(address: Address) -> bool:
    """Whether ``address`` belongs to the public Internet and stands for no other address."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    return address in _GLOBAL_IPV6 and not any(address in network for network in _SPECIAL_IPV6)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far requests may go: the public Internet, ``allowed`` ranges, and with ``own`` private servers as well."""

    allowed: Sequence[Network] = ()
    own: bool = False

    def holds(self, address: Address) -> bool:
        """Whether a request may go to ``address``."""
        if any(address in network for network in self.allowed) or is_globally_routable(address):
            return True
        return self.own and not any(address in network for network in _NEVER_OWN)


PUBLIC = Reach()
# For what operators run themselves as a rule, such as the server that publishes their authority's lists.
OWN_SERVERS = Reach(own=True)
