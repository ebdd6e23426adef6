"""The traffic limits of rules, all counted in one place by rule, so that several routes of a rule share a limit."""

from collections.abc import Sequence

from envoy.config.route.v3.route_components_pb2 import RateLimit
from envoy.extensions.common.ratelimit.v3.ratelimit_pb2 import LocalRateLimitDescriptor
from envoy.extensions.filters.http.local_ratelimit.v3.local_rate_limit_pb2 import LocalRateLimit
from envoy.type.v3.http_status_pb2 import HttpStatus
from envoy.type.v3.percent_pb2 import FractionalPercent
from envoy.type.v3.token_bucket_pb2 import TokenBucket
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from listeners.forwarding.actions import TrafficLimit
from listeners.forwarding.rule import Rule

ADDRESSES_COUNTED = 10_000  # of each rule; the one that was idle longest makes room
NO_LIMIT = 2**32 - 1
REFUSED = 503
_RULE, _ADDRESS = "rule", "remote_address"


def limits_of_rules(rules: Sequence[Rule]) -> LocalRateLimit | None:
    """Return what counts the requests of all rules with a limit; None where no rule has one."""
    limited = [(rule, limit) for rule in rules if (limit := rule.of_action(TrafficLimit))]
    if not limited:
        return None
    config = LocalRateLimit(
        stat_prefix="rules",
        status=HttpStatus(code=REFUSED),
        token_bucket=_bucket(NO_LIMIT),
        always_consume_default_token_bucket=BoolValue(value=False),
        max_dynamic_descriptors=UInt32Value(value=ADDRESSES_COUNTED),
    )
    for switch in (config.filter_enabled, config.filter_enforced):
        switch.default_value.CopyFrom(FractionalPercent(numerator=100))
    for rule, limit in limited:
        if limit.qps:
            config.descriptors.append(_descriptor(rule, limit.qps))
        if limit.per_ip_qps:
            config.descriptors.append(_descriptor(rule, limit.per_ip_qps, by_address=True))
    return config


def counted(rule: Rule) -> list[RateLimit]:
    """Return what a route of ``rule`` is counted as."""
    limit = rule.of_action(TrafficLimit)
    if limit is None:
        return []
    return [_counted(rule, by_address=False)] * bool(limit.qps) + [_counted(rule, by_address=True)] * bool(
        limit.per_ip_qps
    )


def _counted(rule: Rule, *, by_address: bool) -> RateLimit:
    key = RateLimit.Action.GenericKey(descriptor_key=_RULE, descriptor_value=_value(rule, by_address=by_address))
    actions = [RateLimit.Action(generic_key=key)]
    if by_address:
        actions.append(RateLimit.Action(remote_address=RateLimit.Action.RemoteAddress()))
    return RateLimit(actions=actions)


def _descriptor(rule: Rule, rate: int, *, by_address: bool = False) -> LocalRateLimitDescriptor:
    descriptor = LocalRateLimitDescriptor(token_bucket=_bucket(rate))
    descriptor.entries.add(key=_RULE, value=_value(rule, by_address=by_address))
    if by_address:
        descriptor.entries.add(key=_ADDRESS)  # without a value: each address has a count of its own
    return descriptor


def _value(rule: Rule, *, by_address: bool) -> str:
    return f"{rule.id}/address" if by_address else rule.id


def _bucket(rate: int) -> TokenBucket:
    return TokenBucket(max_tokens=rate, tokens_per_fill=UInt32Value(value=rate), fill_interval=Duration(seconds=1))
