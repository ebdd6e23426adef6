"""Apply load balancers."""

from django.utils.translation import gettext as _

from console.errors import ConflictError
from listeners import services
from manifests.applying.state import Run, at, balancer_named, is_as_wanted
from manifests.schemas import Entry


def apply_load_balancer(run: Run, entry: Entry) -> None:
    """Create a load balancer, or change what differs; its listeners come later."""
    stored = run.stored.balancers.get(entry["name"])
    fields = {name: value for name, value in entry.items() if name != "listeners"}
    if stored is None:
        services.create_load_balancer(run.actor, **fields)
    elif not is_as_wanted(fields, stored):
        _refuse_other_product(fields.pop("product", stored["product"]), stored)
        del fields["name"]
        services.update_load_balancer(run.actor, balancer_named(entry["name"]).pk, **fields)


def _refuse_other_product(product: str, stored: Entry) -> None:
    if product != stored["product"]:
        raise ConflictError(
            _("Load balancer “%(name)s” is of the product %(product)s, and that is for life.")
            % {"name": stored["name"], "product": stored["product"]},
            "manifest.product-fixed",
            field="product",
            way_out=_("Give the new one another name, or delete the old one first."),
        )


def prune(run: Run) -> None:
    """Delete the load balancers that are not declared, with their listeners."""
    for name in sorted(run.stored.balancers.keys() - run.wanted.balancers.keys()):
        with at("load_balancers"):
            services.delete_load_balancer(run.actor, balancer_named(name).pk, cascade=True)
