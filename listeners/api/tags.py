"""REST: the tags of load balancers, listeners and server groups."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from access.actors import actor_of
from access.rest import expected_revision, with_etag
from listeners import services
from listeners.schemas.tags import TagKeys, TagsIn, TagsOut
from listeners.selectors.tags import tagged_object

router = Router(tags=["tags"])
RESOURCES = (
    ("load-balancers", "load_balancer", "LoadBalancer"),
    ("listeners", "listener", "Listener"),
    ("server-groups", "server_group", "ServerGroup"),
)


def _add_routes(collection: str, object_type: str, noun: str) -> None:
    """Add the four operations on the tags of one type of object."""
    path = f"/{collection}/{{object_id}}/tags"

    def answer(response: HttpResponse, object_id: str) -> Any:
        """Return the object, of which the answer shows the tags; the ETag is the object's."""
        return with_etag(response, tagged_object(object_type, object_id))

    @router.get(path, response=TagsOut, operation_id=f"get{noun}Tags")
    def get_tags(request: HttpRequest, response: HttpResponse, object_id: str) -> Any:
        """Show the tags."""
        return answer(response, object_id)

    @router.put(path, response=TagsOut, operation_id=f"replace{noun}Tags")
    def replace_tags(request: HttpRequest, response: HttpResponse, object_id: str, body: TagsIn) -> Any:
        """Have these tags and no others."""
        revision = expected_revision(request)
        services.replace_tags(actor_of(request), object_type, object_id, tags=body.tags, expected_revision=revision)
        return answer(response, object_id)

    @router.patch(path, response=TagsOut, operation_id=f"set{noun}Tags")
    def set_tags(request: HttpRequest, response: HttpResponse, object_id: str, body: TagsIn) -> Any:
        """Add tags, or give those that are there other values."""
        revision = expected_revision(request)
        services.set_tags(actor_of(request), object_type, object_id, tags=body.tags, expected_revision=revision)
        return answer(response, object_id)

    @router.delete(path, response=TagsOut, operation_id=f"remove{noun}Tags")
    def remove_tags(
        request: HttpRequest, response: HttpResponse, object_id: str, wanted: Annotated[TagKeys, Query()]
    ) -> Any:
        """Take tags off: all that are named, or none; what stays is answered."""
        revision = expected_revision(request)
        services.remove_tags(actor_of(request), object_type, object_id, keys=wanted.key, expected_revision=revision)
        return answer(response, object_id)


for resource in RESOURCES:
    _add_routes(*resource)
