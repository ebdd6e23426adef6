"""REST: the tags of load balancers, listeners and server groups."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from access.actors import actor_of
from listeners import selectors, services
from listeners.schemas.tags import TagKeys, TagsIn, TagsOut

router = Router(tags=["tags"])
RESOURCES = (
    ("load-balancers", "load_balancer", "LoadBalancer"),
    ("listeners", "listener", "Listener"),
    ("server-groups", "server_group", "ServerGroup"),
)


def _add_routes(collection: str, object_type: str, noun: str) -> None:
    """Add the four operations on the tags of one type of object."""
    path = f"/{collection}/{{object_id}}/tags"

    @router.get(path, response=TagsOut, operation_id=f"get{noun}Tags")
    def get_tags(request: HttpRequest, object_id: str) -> dict[str, object]:
        """Show the tags."""
        return {"tags": selectors.tags_of_one(object_type, object_id)}

    @router.put(path, response=TagsOut, operation_id=f"replace{noun}Tags")
    def replace_tags(request: HttpRequest, object_id: str, body: TagsIn) -> dict[str, object]:
        """Have these tags and no others."""
        return {"tags": services.replace_tags(actor_of(request), object_type, object_id, tags=body.tags)}

    @router.patch(path, response=TagsOut, operation_id=f"set{noun}Tags")
    def set_tags(request: HttpRequest, object_id: str, body: TagsIn) -> dict[str, object]:
        """Add tags, or give those that are there other values."""
        return {"tags": services.set_tags(actor_of(request), object_type, object_id, tags=body.tags)}

    @router.delete(path, response=TagsOut, operation_id=f"remove{noun}Tags")
    def remove_tags(request: HttpRequest, object_id: str, wanted: Annotated[TagKeys, Query()]) -> dict[str, object]:
        """Take tags off: all that are named, or none; what stays is answered."""
        return {"tags": services.remove_tags(actor_of(request), object_type, object_id, keys=wanted.key)}


for resource in RESOURCES:
    _add_routes(*resource)
