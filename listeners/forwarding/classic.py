"""The rules of a Classic Load Balancer: a domain, a URL, or both, and the server group for them.

They have no priorities of their own: the most exact domain goes first, then the longest URL. Source: the cloud's
reference of CreateRules.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from listeners.forwarding.actions import ForwardGroup, WeightedGroup
from listeners.forwarding.checks import check_text, refuse
from listeners.forwarding.condition import Condition
from listeners.forwarding.conditions import Host, Path
from listeners.forwarding.rule import REQUEST, Rule

_LONGEST_URL = 80
_DOMAIN = re.compile(r"(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.\*")
_URL = re.compile(r"/[A-Za-z0-9\-/.%&_~+=:@]+")


@dataclass(frozen=True, slots=True)
class ClassicRule:
    """A rule as Classic Load Balancers know it; an empty domain or URL is any."""

    name: str
    domain: str
    url: str
    server_group_id: str

    def check(self) -> None:
        """Refuse values that cannot be. Raises InvalidInputError."""
        check_text("name", self.name, _("The rule's name"), range(1, 41))
        if not self.domain and not self.url:
            raise refuse(
                "domain",
                _("The rule has neither a domain nor a URL, so it would take every request."),
                "no-condition",
                _("Give one of them; for all other requests there is the listener's own server group."),
            )
        if self.domain and (not 3 <= len(self.domain) <= 100 or not _DOMAIN.fullmatch(self.domain)):  # noqa: PLR2004
            raise refuse(
                "domain",
                _("“%(domain)s” cannot be the domain of a rule.") % {"domain": self.domain[:100]},
                "domain-invalid",
                _("Write www.example.com, *.example.com or www.example.*, with at most 100 characters."),
            )
        if self.url and (len(self.url) > _LONGEST_URL or not _URL.fullmatch(self.url)):
            raise refuse(
                "url",
                _("“%(url)s” cannot be the URL of a rule.") % {"url": self.url[:100]},
                "url-invalid",
                _("Start with “/”, go on after it, and use at most 80 letters, digits and - / . %% & _ ~ + = : @") % {},
            )

    def as_rule(self, rule_id: str = "", priority: int = 1) -> Rule:
        """Return it as a rule with conditions; a URL matches whatever begins with it."""
        conditions: list[Condition] = []
        if self.domain:
            conditions.append(Host((self.domain.lower(),)))
        if self.url:
            conditions.append(Path((f"{self.url}*",)))
        forward = ForwardGroup((WeightedGroup(self.server_group_id),))
        return Rule(rule_id, self.name, priority, REQUEST, tuple(conditions), (forward,))


def classic_rule(rule: Rule) -> ClassicRule:
    """Return a stored rule as Classic Load Balancers know it."""
    host, path = rule.of_condition(Host), rule.path
    return ClassicRule(
        rule.name,
        host.values[0] if host else "",
        path.values[0].removesuffix("*") if path else "",
        next(iter(rule.server_group_ids), ""),
    )


def in_order(rules: Iterable[tuple[str, ClassicRule]]) -> list[str]:
    """Return the ids of rules in the order in which they are tried."""
    return [rule_id for rule_id, _rule in sorted(rules, key=lambda each: (*_exactness(each[1]), each[0]))]


def _exactness(rule: ClassicRule) -> tuple[int, int, int]:
    kind = 2 if not rule.domain else 1 if "*" in rule.domain else 0
    return kind, -len(rule.domain), -len(rule.url)
