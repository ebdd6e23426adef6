"""What server groups are called: this product takes almost any name, and the same one again."""

import re

from cloudapi.extras import extras_of
from listeners.models import ServerGroup

LONGEST = 100
_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")


def usable_name(name: str) -> str:
    """Return what comes nearest to ``name`` among the names that server groups can have; empty where nothing does."""
    plain = _STRANGE.sub("-", name.strip()).strip("-.")[:LONGEST]
    if not plain:
        return ""
    return plain if plain[0].isalpha() and len(plain) > 1 else f"group-{plain}"


def called(group: ServerGroup) -> str:
    """Return the name that a server group was given, or the one that it has."""
    return str(extras_of("server_group", [group.pk])[group.pk].get("VServerGroupName", group.name))
