"""The private authority service (PCA), version 2020-06-30."""

from cloudapi.pca import authorities, authority_lists, custom, issuing, leaves, lists, revoking, tags
from cloudapi.pca.product import PCA

PRODUCT = PCA

__all__ = ("PRODUCT", "authorities", "authority_lists", "custom", "issuing", "leaves", "lists", "revoking", "tags")
