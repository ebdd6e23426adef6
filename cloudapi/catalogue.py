"""The products that are offered."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from cloudapi.operations import Product

# Each package declares its operations when it is imported, and names its product PRODUCT.
PACKAGES = ("alb", "nlb", "clb", "cas", "pca")


def product_of(version: str) -> Product | None:
    """Return the product of an API version."""
    return _by_version().get(version)


def products() -> list[Product]:
    """Return every product, by name."""
    return sorted(_by_version().values(), key=lambda product: (product.name, product.version))


@cache
def _by_version() -> Mapping[str, Product]:
    """Declare every operation when the first is asked for: no start waits for them, and most processes never do."""
    every: list[Product] = [import_module(f"cloudapi.{package}").PRODUCT for package in PACKAGES]
    return {product.version: product for product in every}
