"""Where a load balancer accepts connections, out of the zones, networks and addresses that clients name.

A zone and a switch mean nothing here and are kept. A private address is the one to accept connections on; without one
it is every address of the machine.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from listeners.models import LoadBalancer

ANYWHERE = "0.0.0.0"  # noqa: S104 - what the cloud's load balancers do: they answer wherever they are reached


def bind_address(zones: Sequence[Mapping[str, Any]], *names: str) -> str:
    """Return the first address that one of the zones gives under one of ``names``."""
    given = (zone.get(name, "") for zone in zones for name in names)
    return next((address for address in given if address), ANYWHERE)


def zone_answer(
    balancer: LoadBalancer, extra: Mapping[str, Any], address_name: str, *texts: str, lists: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return the zones with the address of the load balancer, and what was given for ``texts`` and ``lists``."""
    zones = extra.get("ZoneMappings") or [{"VSwitchId": "", "ZoneId": ""}]
    return [
        {
            "VSwitchId": zone.get("VSwitchId", ""),
            "ZoneId": zone.get("ZoneId", ""),
            "Status": "Active",
            "LoadBalancerAddresses": [
                {
                    address_name: zone.get(address_name) or balancer.bind_address,
                    **{name: zone.get(name, "") for name in texts},
                    **{name: zone.get(name, []) for name in lists},
                }
            ],
        }
        for zone in zones
    ]
