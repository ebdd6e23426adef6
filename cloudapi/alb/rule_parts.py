"""Conditions and actions of forwarding rules: the cloud's spelling, and ours."""

from collections.abc import Mapping, Sequence
from typing import Any

from cloudapi.errors import CloudError
from cloudapi.wire.fields import Field, flag, integer, struct, structs, text, texts

Part = dict[str, Any]

_PAIRS = structs("Values", text("Key", high=128), text("Value", high=128), most=50)
_TEXTS = {"Host": 50, "Path": 50, "Method": 10, "SourceIp": 50, "ResponseStatusCode": 50}
_KEYED = ("Header", "ResponseHeader")
_PAIRED = ("Cookie", "QueryString")
_GROUPS = structs("ServerGroupTuples", text("ServerGroupId", required=True), integer("Weight", 0, 100), most=100)
_MIRROR_GROUPS = structs("ServerGroupTuples", text("ServerGroupId", required=True), integer("Weight"), most=1)


def conditions_field(*, required: bool) -> Field:
    """Return the field RuleConditions."""
    return structs(
        "RuleConditions",
        text("Type", required=True, choices=(*_TEXTS, *_KEYED, *_PAIRED)),
        *(struct(f"{kind}Config", texts("Values", most=most)) for kind, most in _TEXTS.items()),
        *(struct(f"{kind}Config", text("Key"), texts("Values", most=50)) for kind in _KEYED),
        *(struct(f"{kind}Config", _PAIRS) for kind in _PAIRED),
        required=required,
        most=100,
    )


def actions_field(*, required: bool) -> Field:
    """Return the field RuleActions."""
    return structs(
        "RuleActions",
        text("Type", required=True, choices=tuple(_READERS)),
        integer("Order", 1, 50_000, required=True),
        struct(
            "ForwardGroupConfig",
            _GROUPS,
            struct("ServerGroupStickySession", flag("Enabled"), integer("Timeout", 1, 86_400)),
        ),
        struct("RedirectConfig", *(text(name) for name in ("Protocol", "Host", "Port", "Path", "Query", "HttpCode"))),
        struct("FixedResponseConfig", text("HttpCode", required=True), text("ContentType"), text("Content")),
        struct("RewriteConfig", text("Host"), text("Path"), text("Query")),
        struct("InsertHeaderConfig", *(text(name) for name in ("Key", "Value", "ValueType")), flag("CoverEnabled")),
        struct("RemoveHeaderConfig", text("Key")),
        struct("TrafficLimitConfig", integer("QPS"), integer("PerIpQps")),
        struct("TrafficMirrorConfig", text("TargetType"), struct("MirrorGroupConfig", _MIRROR_GROUPS)),
        struct(
            "CorsConfig",
            *(texts(name, most=50) for name in ("AllowOrigin", "AllowMethods", "AllowHeaders", "ExposeHeaders")),
            text("AllowCredentials", choices=("on", "off")),
            integer("MaxAge"),
        ),
        required=required,
        most=100,
    )


def read_conditions(given: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return conditions as rules of ours have them."""
    return [_condition(each, number) for number, each in enumerate(given, 1)]


def _condition(given: Mapping[str, Any], number: int) -> Part:
    kind = given["Type"]
    config = given.get(f"{kind}Config")
    if config is None:
        raise _without_config("RuleConditions", number, kind)
    values = config.get("Values", [])
    if kind in _PAIRED:
        pairs = [{"key": pair.get("Key", ""), "value": pair.get("Value", "")} for pair in values]
        return {"type": kind, "pairs": pairs}
    keyed = {"key": config.get("Key", "")} if kind in _KEYED else {}
    return {"type": kind, "values": values, **keyed}


def _without_config(name: str, number: int, kind: str) -> CloudError:
    field = f"{name}.{number}.{kind}Config"
    return CloudError(f"MissingParameter.{field}", f"The parameter {field} is missing.")


def condition_words(stored: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return conditions of ours as the cloud has them."""
    return [{"Type": each["type"], f"{each['type']}Config": _condition_config(each)} for each in stored]


def _condition_config(stored: Mapping[str, Any]) -> Part:
    if stored["type"] in _PAIRED:
        return {"Values": [{"Key": pair["key"], "Value": pair["value"]} for pair in stored["pairs"]]}
    keyed = {"Key": stored["key"]} if stored["type"] in _KEYED else {}
    return {**keyed, "Values": list(stored["values"])}


def read_actions(given: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return actions as rules of ours have them: in the order of ``Order``, which is theirs alone."""
    orders = [each["Order"] for each in given]
    if len(set(orders)) != len(orders):
        raise CloudError("IllegalParam.Order", "Two actions have the same Order.")
    numbered = sorted(enumerate(given, 1), key=lambda each: int(each[1]["Order"]))
    return [_action(each, number) for number, each in numbered]


def _action(given: Mapping[str, Any], number: int) -> Part:
    kind = given["Type"]
    config = given.get(f"{kind}Config")
    if config is None:
        raise _without_config("RuleActions", number, kind)
    read, _write = _READERS[kind]
    return {"type": kind, **read(config)}


def action_words(stored: Sequence[Mapping[str, Any]], orders: Sequence[int]) -> list[Part]:
    """Return actions of ours as the cloud has them, with the orders that they were given, or 1, 2, 3."""
    kept = orders if len(orders) == len(stored) else range(1, len(stored) + 1)
    return [
        {"Type": each["type"], "Order": order, f"{each['type']}Config": _READERS[each["type"]][1](each)}
        for order, each in zip(kept, stored, strict=True)
    ]


def _read_forward(config: Mapping[str, Any]) -> Part:
    sticky = config.get("ServerGroupStickySession", {})
    groups = [
        {"server_group_id": each["ServerGroupId"], "weight": each.get("Weight", 100)}
        for each in config.get("ServerGroupTuples", ())
    ]
    return {
        "groups": groups,
        "sticky": sticky.get("Enabled", False),
        "sticky_seconds": sticky.get("Timeout", 1000),
    }


def _write_forward(stored: Mapping[str, Any]) -> Part:
    groups = [{"ServerGroupId": each["server_group_id"], "Weight": each["weight"]} for each in stored["groups"]]
    sticky = {"Enabled": stored["sticky"], "Timeout": stored["sticky_seconds"]}
    return {"ServerGroupTuples": groups, "ServerGroupStickySession": sticky}


def _status(config: Mapping[str, Any], default: str = "") -> int:
    text = config.get("HttpCode", default)
    if not (text.isascii() and text.isdigit() and len(text) == 3):  # noqa: PLR2004 - digits of a status
        raise CloudError("InvalidParameter.HttpCode", f"“{text[:20]}” is no HTTP status.")
    return int(text)


def _read_mirror(config: Mapping[str, Any]) -> Part:
    groups = config.get("MirrorGroupConfig", {}).get("ServerGroupTuples", [])
    return {"server_group_id": groups[0]["ServerGroupId"] if groups else ""}


def _write_mirror(stored: Mapping[str, Any]) -> Part:
    groups = [{"ServerGroupId": stored["server_group_id"], "Weight": 100}]
    return {"TargetType": "ForwardGroupMirror", "MirrorGroupConfig": {"ServerGroupTuples": groups}}


_CORS = {
    "AllowOrigin": "allow_origin",
    "AllowMethods": "allow_methods",
    "AllowHeaders": "allow_headers",
    "ExposeHeaders": "expose_headers",
    "MaxAge": "max_age",
}


def _read_cors(config: Mapping[str, Any]) -> Part:
    cors = {ours: config[theirs] for theirs, ours in _CORS.items() if theirs in config}
    return cors | ({"allow_credentials": config["AllowCredentials"] == "on"} if "AllowCredentials" in config else {})


def _write_cors(stored: Mapping[str, Any]) -> Part:
    told = {theirs: stored[ours] for theirs, ours in _CORS.items()}
    return {**told, "AllowCredentials": "on" if stored["allow_credentials"] else "off"}


def _reader(names: Mapping[str, str]) -> Any:
    return lambda config: {ours: config[theirs] for theirs, ours in names.items() if theirs in config}


def _writer(names: Mapping[str, str]) -> Any:
    return lambda stored: {theirs: stored[ours] for theirs, ours in names.items()}


_TARGET = {"Host": "host", "Path": "path", "Query": "query"}
_REDIRECT = {**_TARGET, "Protocol": "protocol", "Port": "port"}
_FIXED = {"ContentType": "content_type", "Content": "content"}
_INSERT = {"Key": "key", "Value": "value", "ValueType": "value_type"}
_LIMIT = {"QPS": "qps", "PerIpQps": "per_ip_qps"}
_READERS: dict[str, tuple[Any, Any]] = {
    "ForwardGroup": (_read_forward, _write_forward),
    "Redirect": (
        lambda config: {**_reader(_REDIRECT)(config), "code": _status(config, "301")},
        lambda stored: {**_writer(_REDIRECT)(stored), "HttpCode": str(stored["code"])},
    ),
    "FixedResponse": (
        lambda config: {**_reader(_FIXED)(config), "code": _status(config)},
        lambda stored: {**_writer(_FIXED)(stored), "HttpCode": str(stored["code"])},
    ),
    "Rewrite": (_reader(_TARGET), _writer(_TARGET)),
    "InsertHeader": (_reader(_INSERT), _writer(_INSERT)),
    "RemoveHeader": (_reader({"Key": "key"}), _writer({"Key": "key"})),
    "TrafficLimit": (_reader(_LIMIT), _writer(_LIMIT)),
    "TrafficMirror": (_read_mirror, _write_mirror),
    "Cors": (_read_cors, _write_cors),
}
