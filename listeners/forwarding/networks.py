"""Addresses and networks as values of conditions."""

import ipaddress

from django.utils.translation import gettext as _

from listeners.forwarding.checks import refuse, shortened


def check_network(place: str, value: str) -> None:
    """Refuse what is not an address or network, and what is every address. Raises InvalidInputError."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise refuse(
            place,
            _("“%(value)s” is not an IP address or network.") % {"value": shortened(value)},
            "network-invalid",
            _("Write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32."),
        ) from None
    if network.network_address.is_unspecified:
        raise refuse(
            place,
            _("“%(value)s” is every address.") % {"value": shortened(value)},
            "network-too-wide",
            _("Leave the condition out to match every client."),
        )
