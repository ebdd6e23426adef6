"""What the REST resource of load balancers takes and answers."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import ConfigDict

from access.rest import Body
from listeners.models import Edition, Product
from listeners.schemas.ranges import Flag
from listeners.schemas.tags import Tags

ProductName = Annotated[str, Field(json_schema_extra={"enum": list(Product.values)})]
EditionName = Annotated[str, Field(json_schema_extra={"enum": ["", *Edition.values]})]
Reason = Annotated[str, Field(description="At most 128 characters; gone when the protection is switched off.")]


class Protections(Body):
    """What a load balancer is protected from."""

    deletion_protection: Flag = False
    deletion_protection_reason: Reason = ""
    modification_protection: Flag = Field(False, description="Refuses changes on pages; REST and commands go on.")
    modification_protection_reason: Reason = ""


class LoadBalancerIn(Protections):
    """A load balancer to create."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "edge", "bind_address": "0.0.0.0"},  # noqa: S104, an example for the reader
                {"name": "shop", "bind_address": "192.0.2.10", "product": "ALB", "edition": "Standard"},
            ]
        }
    )

    name: str
    bind_address: str
    product: ProductName = Product.NLB.value
    edition: EditionName = Field("", description="An ALB needs one; the others have none.")
    region: str | None = Field(None, description="Empty: the region of this installation.")
    tags: Tags = {}

    def given(self) -> dict[str, Any]:
        """Return what was sent, as the service takes it."""
        return self.model_dump(exclude_unset=True)


class LoadBalancerPatch(Protections):
    """What to change of a load balancer."""

    name: str = ""
    bind_address: str = ""
    region: str = ""
    edition: EditionName = Field("", description="Upwards only: Basic to Standard or StandardWithWaf, and so on.")


class LoadBalancersQuery(Schema):
    """Which load balancers are wanted."""

    q: str = Field("", description="Part of a name, an id, or the start of an address.")
    region: str = ""
    product: str = Field("", description="NLB, ALB or CLB.")
    tag: str = Field("", description="A key, or a key and its value: team=payments.")


class LoadBalancerOut(Schema):
    """A load balancer."""

    id: str
    product: str
    edition: str
    name: str
    region: str
    bind_address: str
    deletion_protection: bool
    deletion_protection_reason: str
    modification_protection: bool
    modification_protection_reason: str
    listener_count: int
    additional_count: int
    tags: Tags
    revision: int
    created_at: datetime
    created_by: str
