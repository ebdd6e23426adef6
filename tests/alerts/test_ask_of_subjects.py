"""What rules can ask of each kind of subject, and that they hold exactly those that have it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings

from alerts.calendar.scheduled import Scheduled, Window, scheduled_ends
from alerts.kinds import KINDS, SCOPE_KEYS
from alerts.models import AlertRule
from alerts.rules.expiry import THRESHOLDS_HOURS
from alerts.rules.scopes import enabled_rules
from alerts.scanning import run_scan
from alerts.services.rules import create_rule, update_rule
from alerts.sources.candidates import Candidate, decided
from certificates.models import Certificate, CertificateTag
from console.errors import InvalidInputError
from events.actor import SYSTEM
from events.models import Notice
from listeners.models import Binding, Listener, ResourceTag, ServerGroup
from tests.alerts.rows import DAY, NOW, make_certificate
from tests.factories import make_listener, make_server_group
from watchlist.models import WatchedAddress

pytestmark = pytest.mark.django_db
SOURCED = [name for name in KINDS if name not in {"certificate", "chain", "authority"}]
OF_LISTENERS = {"receipt", "configuration", "handshakes"}


def test_documentation_says_what_each_subject_can_be_asked_for() -> None:
    lines = Path(settings.BASE_DIR, "docs/alerts.md").read_text().splitlines()
    for kind in KINDS.values():
        said = [line for line in lines if line.startswith(f"| {kind.noun} |")]
        cells = [cell.strip() for cell in said[0].split("|")[2:-1]]
        assert cells == ["yes" if key in kind.scope_keys else "" for key in SCOPE_KEYS], kind.name


def asked() -> tuple[Certificate, Listener, ServerGroup]:
    """Return a client certificate, a listener that binds another one, and a group; all have one tag."""
    certificate = make_certificate(NOW + DAY, name="asked")
    Certificate.objects.filter(pk=certificate.pk).update(owner="Alice")
    listener = make_listener()
    Binding.objects.create(listener=listener, certificate=certificate, role=Binding.Role.ADDITIONAL)
    group = make_server_group()
    CertificateTag.objects.create(certificate=certificate, key="env", value="prod")
    balancer = listener.load_balancer_id
    for object_type, pk in (("load_balancer", balancer), ("server_group", group.pk)):
        ResourceTag.objects.create(object_type=object_type, object_id=pk, key="env", value="prod")
    return certificate, listener, group


def candidate_of(kind: str, certificate: Certificate, listener: Listener, group: ServerGroup) -> Candidate:
    """Return a subject as its source reports it."""
    keys, more = KINDS[kind].scope_keys, dict[str, Any]()
    if "certificate_kinds" in keys:
        more = {"certificate_id": certificate.pk}
    elif "listener_id" in keys:
        more = {"listener_ids": (listener.pk,)}
    elif "owner" in keys:
        more = {"owner": "Alice"}
    subject_id = listener.pk if kind in OF_LISTENERS else group.pk if kind == "server-group" else "subject"
    return Candidate(kind, subject_id, "1", "", NOW, **more)


def test_rule_holds_what_has_all_that_it_asks_for(clock: time_machine.Traveller) -> None:
    certificate, listener, group = asked()
    candidates = [candidate_of(kind, certificate, listener, group) for kind in SOURCED]
    product = listener.load_balancer.product
    other = next(each for each in ("NLB", "ALB", "CLB") if each != product)
    asks: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "certificate_kinds": ({"certificate_kinds": [certificate.kind]}, {"certificate_kinds": ["client"]}),
        "tag_key": ({"tag_key": "env", "tag_value": "prod"}, {"tag_key": "env", "tag_value": "test"}),
        "owner": ({"owner": "Alice"}, {"owner": "Bob"}),
        "product": ({"product": product}, {"product": other}),
        "listener_id": ({"listener_id": listener.pk}, {"listener_id": make_listener().pk}),
    }
    for key, (own, foreign) in asks.items():
        rule = create_rule(SYSTEM, name=key, thresholds_hours=[24], **own)
        assert held_by(rule, candidates) == {kind for kind in SOURCED if key in KINDS[kind].scope_keys}, key
        update_rule(SYSTEM, rule.pk, **foreign)
        assert held_by(rule, candidates) == set(), key
        update_rule(SYSTEM, rule.pk, enabled=False)


def held_by(rule: AlertRule, candidates: Sequence[Candidate]) -> set[str]:
    """Return the kinds of those subjects on which a rule decides."""
    deciding = decided(candidates, enabled_rules())
    return {candidate.subject_kind for candidate, decider in deciding if decider.id == rule.pk}


def test_rule_for_subjects_that_have_not_what_it_asks_for_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="“Node” cannot be asked for an owner") as refusal:
        create_rule(SYSTEM, name="never", subject_kinds=["certificate", "node"], owner="Alice")
    assert refusal.value.field == "subject_kinds"


def watch(name: str, owner: str) -> WatchedAddress:
    """Return a watched address whose certificate ends in 50 days."""
    end = NOW + 50 * DAY
    return WatchedAddress.objects.create(
        name=name,
        host=f"{name}.example",
        port=443,
        owner=owner,
        next_check_at=NOW,
        sha256="a" * 64,
        ends_sha256="a" * 64,
        not_before=NOW - 300 * DAY,
        not_after=end,
        ends_at=end,
    )


def test_address_outside_is_told_by_the_rule_for_its_owner(clock: time_machine.Traveller) -> None:
    rule = create_rule(SYSTEM, name="partners", owner="Partners", thresholds_hours=[60 * 24])
    watch("theirs", "Partners")
    watch("ours", "")
    run_scan(SYSTEM)
    assert list(Notice.objects.values_list("subject_name", "rule_id")) == [("theirs", rule.pk)]
    ends = scheduled_ends(Window(NOW.date(), (NOW + 100 * DAY).date()), None, 5)
    hours = {each.end.name: each.hours for each in ends if isinstance(each, Scheduled)}
    assert hours == {"theirs": (60 * 24,), "ours": THRESHOLDS_HOURS}
