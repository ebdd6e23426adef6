"""The order in which a manifest is applied, so that nothing names what is not there yet, or still stands in the way."""

from collections.abc import Mapping

from events.actor import Actor
from manifests.applying import groups, listeners, load_balancers, policies
from manifests.applying.state import Run, Wanted, at
from manifests.schemas import Entry


def apply_sections(
    actor: Actor,
    wanted: Mapping[str, list[Entry]],
    before: Mapping[str, list[Entry]],
    *,
    prune: bool = False,
) -> None:
    """Apply everything within the write that is under way; the first refusal ends it.

    ``before`` is what is stored. With ``prune`` what is stored and not declared is deleted.
    """
    run = Run(actor, Wanted(wanted), Wanted(before))
    for n, entry in enumerate(wanted["security_policies"]):
        run.step(policies.apply_policy, entry, "security_policies", n)
    for n, entry in enumerate(wanted["regional_certificates"]):
        run.step(policies.add_to_regions, entry, "regional_certificates", n)
    for n, entry in enumerate(wanted["server_groups"]):
        run.step(groups.apply_group, entry, "server_groups", n)
    if prune:
        listeners.prune(run, announced=False)
        load_balancers.prune(run)
    for n, entry in enumerate(wanted["load_balancers"]):
        run.step(load_balancers.apply_load_balancer, entry, "load_balancers", n)
    _apply_listeners(run, wanted["load_balancers"])
    if prune:
        listeners.prune(run, announced=True)
        groups.prune(run)
        policies.prune(run)


def _apply_listeners(run: Run, balancers: list[Entry]) -> None:
    """QUIC listeners come first: others announce them."""
    places = [(n, m) for n, balancer in enumerate(balancers) for m, _each in enumerate(balancer.get("listeners", []))]
    protocols = [balancers[n]["listeners"][m].get("protocol") for n, m in places]
    for (n, m), _protocol in sorted(zip(places, protocols, strict=True), key=lambda each: each[1] != "QUIC"):
        with at("load_balancers", n, "listeners", m):
            listeners.apply_listener(run, balancers[n], balancers[n]["listeners"][m])
        run.count()
