"""Protections of load balancers: from deletion for all, from changes for those who use the pages."""

from django.utils.translation import gettext as _

from console.errors import ConflictError
from events.actor import Actor
from listeners.models import LoadBalancer


def refuse_protected(actor: Actor, balancer: LoadBalancer) -> None:
    """Raise ConflictError when a page would change ``balancer`` or what it has against its protection.

    REST and commands go on, as the cloud's ConsoleProtection lets its API.
    """
    if actor.via == "page" and balancer.modification_protection:
        raise ConflictError(
            _("Load balancer “%(name)s” is protected from changes on pages%(reason)s.")
            % {"name": balancer, "reason": _because(balancer.modification_protection_reason)},
            "load-balancer.modification-protected",
            way_out=_("Switch the modification protection off on its page, or use REST or a command."),
        )


def refuse_deletion_protected(balancer: LoadBalancer) -> None:
    """Raise ConflictError when ``balancer`` is protected from deletion."""
    if balancer.deletion_protection:
        raise ConflictError(
            _("Load balancer “%(name)s” is protected from deletion%(reason)s.")
            % {"name": balancer, "reason": _because(balancer.deletion_protection_reason)},
            "load-balancer.deletion-protected",
            way_out=_("Switch the deletion protection off first."),
        )


def _because(reason: str) -> str:
    return _(" (%(reason)s)") % {"reason": reason} if reason else ""
