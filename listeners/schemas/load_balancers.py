"""What the REST resource of load balancers takes and answers."""

from datetime import datetime

from ninja import Field, Schema

from access.rest import Body


class LoadBalancerIn(Body):
    """A load balancer to create."""

    name: str
    bind_address: str
    region: str | None = Field(None, description="Empty: the region of this installation.")


class LoadBalancerPatch(Body):
    """What to change of a load balancer."""

    name: str = ""
    bind_address: str = ""
    region: str = ""


class LoadBalancerOut(Schema):
    """A load balancer."""

    id: str
    product: str
    name: str
    region: str
    bind_address: str
    listener_count: int
    additional_count: int
    revision: int
    created_at: datetime
    created_by: str
