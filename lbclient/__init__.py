"""A client of lbadmin's REST API that needs nothing but httpx.

::

    from lbclient import Client

    with Client("https://lb.example.com", token) as lb:
        group = lb.server_groups.create(name="web", servers=[{"address": "10.0.0.1", "port": 80}])
        for certificate in lb.certificates.list(q="shop"):
            print(certificate["name"], certificate["not_after"])
        lb.server_groups.update(group, scheduler="rr")  # 412 if somebody else changed it meanwhile
"""

from lbclient.client import Client
from lbclient.errors import ConflictError, LbError, NotFoundError, RefusedError, StaleError, UnreachableError
from lbclient.resources import Item, Resource

__all__ = (
    "Client",
    "ConflictError",
    "Item",
    "LbError",
    "NotFoundError",
    "RefusedError",
    "Resource",
    "StaleError",
    "UnreachableError",
)
