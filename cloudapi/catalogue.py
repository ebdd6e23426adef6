"""The products that are offered."""

from importlib import import_module

from cloudapi.operations import Product, register

# Each package declares its operations when it is imported, and names its product PRODUCT.
PACKAGES = ("alb", "nlb", "clb", "cas", "pca")


def register_products() -> None:
    """Offer the product of every package."""
    for package in PACKAGES:
        product: Product = import_module(f"cloudapi.{package}").PRODUCT
        register(product)
