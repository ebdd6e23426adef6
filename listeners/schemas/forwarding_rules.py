"""What the REST resource of forwarding rules takes and answers."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import Strict

from access.rest import Body, WarningOut
from listeners.forwarding.actions import ACTIONS
from listeners.forwarding.conditions import CONDITIONS
from listeners.forwarding.rule import DIRECTIONS, PRIORITIES
from listeners.schemas.ranges import ranged

Priority = Annotated[int, Strict(), ranged(PRIORITIES, description="The lowest is tried first.")]
Direction = Annotated[str, Field(json_schema_extra={"enum": list(DIRECTIONS)})]
Part = dict[str, Any]
_CONDITIONS_TOLD = f"Objects with a `type` of {', '.join(CONDITIONS)} and its values; all of them must be met."
_ACTIONS_TOLD = f"Objects with a `type` of {', '.join(ACTIONS)} and its values; the last one ends the rule."
_EXAMPLE_CONDITIONS = [{"type": "Host", "values": ["*.example.com"]}, {"type": "Path", "values": ["/api/*"]}]
_EXAMPLE_ACTIONS = [{"type": "ForwardGroup", "groups": [{"server_group_id": "sgp-example", "weight": 100}]}]
Conditions = Annotated[list[Part], Field(description=_CONDITIONS_TOLD, examples=[_EXAMPLE_CONDITIONS])]
Actions = Annotated[list[Part], Field(description=_ACTIONS_TOLD, examples=[_EXAMPLE_ACTIONS])]


class RulePatch(Body):
    """What to change of a rule. Rules of a CLB have a domain, a URL and a server group, the others all else."""

    name: str = ""
    priority: Priority = 0
    direction: Direction = "Request"
    conditions: Conditions = []
    actions: Actions = []
    domain: str = Field("", description="CLB: www.example.com, *.example.com or www.example.*; empty: any.")
    url: str = Field("", description="CLB: what the path begins with; empty: any.")
    server_group_id: str = Field("", description="CLB: where the requests go.")


class RuleIn(RulePatch):
    """A rule to create; without a priority it comes last."""

    name: str


class RulesIn(Body):
    """Rules to create, all or none."""

    rules: list[RuleIn]


class IdentifiedRulePatch(RulePatch):
    """A rule to change among several."""

    id: str


class RulesPatch(Body):
    """Rules to change, all or none."""

    rules: list[IdentifiedRulePatch]


class RuleIds(Body):
    """Rules by id."""

    rule_ids: list[str]


class RuleOrder(RuleIds):
    """All rules of one direction, in the order in which they are to be tried."""

    direction: Direction = "Request"


class RuleOut(Schema):
    """A forwarding rule."""

    id: str
    listener_id: str
    name: str
    priority: int
    direction: str
    conditions: list[Part]
    actions: list[Part]
    revision: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class DefaultRuleOut(Schema):
    """What becomes of the requests that no rule takes; it cannot be deleted."""

    server_group_id: str | None
    redirect_port: int | None = Field(description="Every request is sent to HTTPS on this port.")


class RulesOut(Schema):
    """The rules of a listener in the order in which they are tried, and what deserves a word."""

    items: list[RuleOut]
    next_cursor: str = ""
    default_rule: DefaultRuleOut
    warnings: list[WarningOut]


class HeaderValue(Body):
    """A header."""

    name: str
    value: str


class AnswerIn(Body):
    """An answer that a server might give, to see what rules for answers make of it."""

    status: Annotated[int, Strict()] = 200
    headers: list[HeaderValue] = []


class TrialIn(Body):
    """A request to try; nothing is sent."""

    method: str = "GET"
    url: str = Field(description="As https://www.example.com/path?query.")
    headers: list[HeaderValue] = []
    cookies: list[HeaderValue] = []
    source_ip: str = "127.0.0.1"
    answer: AnswerIn | None = None


class GroupShareOut(Schema):
    """A server group, and how many of a hundred requests it gets."""

    server_group_id: str
    weight: int
    percent: float


class SentOut(Schema):
    """The request as servers get it."""

    method: str
    host: str
    target: str
    headers: list[HeaderValue]


class AnswerOut(Schema):
    """An answer as the client gets it."""

    rule_id: str
    status: int
    headers: list[HeaderValue]
    content: str | None = Field(description="The fixed content; null: that of the server.")


class TrialOut(Schema):
    """Which rule answers, and what happens."""

    rule_id: str | None = Field(description="Null: the default rule.")
    rule_name: str
    action: str = Field(description="ForwardGroup, Redirect or FixedResponse.")
    sent: SentOut | None
    groups: list[GroupShareOut]
    sticky_seconds: int
    mirror_group_id: str
    requests_per_second: int
    requests_per_second_of_one_address: int
    redirect_code: int
    location: str
    fixed_response: Part | None
    cors: Part | None
    answer: AnswerOut | None
