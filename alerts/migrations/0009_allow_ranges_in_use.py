"""Keep webhooks working whose addresses are private: from here on such addresses have to be allowed.

Names are not resolved here: what they lead to may change, and no upgrade should wait for a name server. A webhook whose
name leads to a private address fails with words that say what to allow.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from django.db import migrations

from console.routable import PUBLIC

LOCALHOST = ("127.0.0.1", "::1")


def allow_ranges_in_use(apps, schema_editor):
    """Allow the private addresses that webhooks name, each by itself."""
    targets = apps.get_model("alerts", "Channel").objects.filter(kind="webhook").values_list("name", "target")
    allowed = apps.get_model("alerts", "AllowedRange").objects
    for name, target in targets:
        for address in _addresses(urlsplit(target).hostname or ""):
            if not PUBLIC.holds(address):
                reason = f"The webhook {name} sent there before ranges had to be allowed"[:200]
                allowed.get_or_create(
                    network=str(ipaddress.ip_network(address)), defaults={"reason": reason, "created_by": "system"}
                )


def _addresses(host):
    """Return the addresses that ``host`` spells, in any way that the system takes for one; none for a name."""
    if host == "localhost":
        return [ipaddress.ip_address(text) for text in LOCALHOST]
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return []
    return [ipaddress.ip_address(answer[4][0].partition("%")[0]) for answer in found]


class Migration(migrations.Migration):
    dependencies = [("alerts", "0008_handshake_watch")]

    operations = [migrations.RunPython(allow_ranges_in_use, migrations.RunPython.noop)]
