"""Health checks of server groups: NLB and ALB have the same under other names."""

from collections.abc import Mapping
from typing import Any

from listeners.backends import REQUESTING
from listeners.models import ServerGroup

# What only a check that sends a request has.
_REQUEST = frozenset({"health_check_host", "health_check_path", "health_check_method", "health_check_codes"})
_GRPC = _REQUEST - {"health_check_method"}


def check_settings(config: Mapping[str, Any], names: Mapping[str, str], protocol: str) -> dict[str, Any]:
    """Return our settings for a check as it is asked for; ``protocol`` is what it speaks where nothing is said.

    What means nothing beside the rest, such as a path for a check by TCP, is left out, as the cloud ignores it.
    """
    given = {ours: config[theirs] for theirs, ours in names.items() if theirs in config}
    check = given.get("health_check_protocol", protocol)
    meant = _REQUEST if check in REQUESTING else _GRPC if check == "gRPC" else frozenset()
    return {name: value for name, value in given.items() if name not in _REQUEST or name in meant}


def check_words(group: ServerGroup, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a group's check under the names of a product."""
    told = {theirs: getattr(group, ours) for theirs, ours in names.items()}
    codes = next((theirs for theirs, ours in names.items() if ours == "health_check_codes"), "")
    if codes and not told[codes]:
        told[codes] = ["0"] if group.health_check_protocol == "gRPC" else ["http_2xx"]
    return told
