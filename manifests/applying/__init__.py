"""Make what is stored as a manifest says, object by object, by the services that pages and REST call."""

from manifests.applying.run import apply_sections

__all__ = ("apply_sections",)
