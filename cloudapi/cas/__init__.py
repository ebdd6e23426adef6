"""The certificate service (CAS), version 2020-04-07."""

from cloudapi.cas import certificates, contacts, csrs, jobs, resources, warehouses
from cloudapi.cas.product import CAS

PRODUCT = CAS

__all__ = ("PRODUCT", "certificates", "contacts", "csrs", "jobs", "resources", "warehouses")
