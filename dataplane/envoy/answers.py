"""What the engine does by a script: rules for answers, and another query for a request.

The script is in the listener's routes, and only where a rule needs it. Its values are quoted byte by byte, and its
wildcards take a time in proportion to both texts, whatever they are.
"""

from collections.abc import Iterable, Sequence

from listeners.forwarding.actions import Action, FixedResponse, InsertHeader, RemoveHeader
from listeners.forwarding.condition import Condition
from listeners.forwarding.conditions import Header, Host, Method, Path, ResponseHeader, ResponseStatusCode
from listeners.forwarding.rule import Rule

NOTES = "lbadmin"  # where the script notes the request for its answer
QUERY = "query"  # the route's metadata with another query
_LARGE_BYTES = 16_384  # what is longer is thrown away as it comes, not gathered first

_COMMON = """\
local function wild(pattern, text)
  local p, t, star, mark = 1, 1, nil, 1
  while t <= #text do
    local c = pattern:sub(p, p)
    if c == "*" then star, mark, p = p, t, p + 1
    elseif c == "?" or (c ~= "" and c == text:sub(t, t)) then p, t = p + 1, t + 1
    elseif star then p, mark = star + 1, mark + 1 t = mark
    else return false end
  end
  while pattern:sub(p, p) == "*" do p = p + 1 end
  return p > #pattern
end
local function any(patterns, text)
  if text == nil then return false end
  for _, pattern in ipairs(patterns) do if wild(pattern, text) then return true end end
  return false
end
local function among(ranges, status)
  for _, range in ipairs(ranges) do if status >= range[1] and status <= range[2] then return true end end
  return false
end
local function fixed(handle, code, kind, content)
  local headers = handle:headers()
  local length = tonumber(headers:get("content-length") or "0") or 0
  headers:replace(":status", code)
  headers:remove("content-encoding")
  headers:replace("content-type", kind)
  headers:replace("content-length", tostring(#content))
  if length <= %(large)d then
    handle:body(true):setBytes(content)
    headers:replace("content-length", tostring(#content))
    return
  end
  local rest = content
  for chunk in handle:bodyChunks() do chunk:setBytes(rest) rest = "" end
end
"""
_REQUEST = """\
function envoy_on_request(handle)
  local headers = handle:headers()
  local notes = handle:streamInfo():dynamicMetadata()
  local path = headers:get(":path") or ""
  local bare = path:match("^[^?]*")
%(notes)s
  local query = handle:metadata():get("%(query)s")
  if query then headers:replace(":path", query == "" and bare or (bare .. "?" .. query)) end
end
"""
_RESPONSE = """\
function envoy_on_response(handle)
  local headers = handle:headers()
  local notes = handle:streamInfo():dynamicMetadata():get("%(notes)s") or {}
  local status = tonumber(headers:get(":status")) or 0
  local client = handle:streamInfo():downstreamRemoteAddress() or ""
  local address, port = client:match("^%%[?(.-)%%]?:(%%d+)$")
%(rules)s
end
"""


def script(rules: Sequence[Rule], system: "dict[str, str]") -> str:
    """Return the script for the rules for answers, in their order; ``system`` are the values of the load balancer."""
    requested = sorted({each.key.lower() for each in _conditions(rules) if type(each) is Header})
    common = _COMMON % {"large": _LARGE_BYTES}
    request = _REQUEST % {"notes": _request_notes(requested) if rules else "", "query": QUERY}
    if not rules:
        return request
    branches = "\n".join(_branch(rule, system) for rule in rules)
    return common + request + _RESPONSE % {"notes": NOTES, "rules": branches}


def quoted(text: str) -> str:
    """Return ``text`` as a string of the script, whatever is in it."""
    escaped = "".join(f"\\{byte:03d}" for byte in text.encode())
    return f'"{escaped}"'


def _conditions(rules: Iterable[Rule]) -> Iterable[Condition]:
    return (condition for rule in rules for condition in rule.conditions)


def _request_notes(keys: Sequence[str]) -> str:
    lines = [
        f'  notes:set("{NOTES}", "host", ((headers:get(":authority") or ""):gsub(":%d+$", "")):lower())',
        f'  notes:set("{NOTES}", "path", bare)',
        f'  notes:set("{NOTES}", "method", headers:get(":method") or "")',
    ]
    for key in keys:
        place = quoted(f"header {key}")
        lines.append(
            f'  if headers:get({quoted(key)}) then notes:set("{NOTES}", {place}, headers:get({quoted(key)})) end'
        )
    return "\n".join(lines)


def _branch(rule: Rule, system: "dict[str, str]") -> str:
    tests = " and ".join(_test(condition) for condition in rule.conditions)
    acts = "\n".join(f"    {_act(action, system)}" for action in rule.actions)
    return f"  if {tests} then\n{acts}\n    do return end\n  end"


def _test(condition: Condition) -> str:
    if isinstance(condition, ResponseStatusCode):
        ranges = ", ".join(f"{{{each.start}, {each.stop - 1}}}" for each in condition.ranges)
        return f"among({{{ranges}}}, status)"
    values = condition.values if isinstance(condition, Host | Path | Method | Header) else ()
    patterns = ", ".join(quoted(value.lower() if isinstance(condition, Host) else value) for value in values)
    return f"any({{{patterns}}}, {_subject(condition)})"


def _subject(condition: Condition) -> str:
    if isinstance(condition, ResponseHeader):
        return f"headers:get({quoted(condition.key.lower())})"
    if isinstance(condition, Header):
        return f"notes[{quoted(f'header {condition.key.lower()}')}]"
    names: dict[type[Condition], str] = {Host: "host", Path: "path", Method: "method"}
    return f'notes["{names[type(condition)]}"]'


def _act(action: Action, system: "dict[str, str]") -> str:
    if isinstance(action, RemoveHeader):
        return f"headers:remove({quoted(action.key)})"
    if isinstance(action, InsertHeader):
        return f"headers:replace({quoted(action.key)}, {_value(action, system)})"
    if isinstance(action, FixedResponse):
        kind = quoted(action.content_type)
        return f"fixed(handle, {quoted(str(action.code))}, {kind}, {quoted(action.content)})"
    return ""


def _value(action: InsertHeader, system: "dict[str, str]") -> str:
    if action.value_type != "SystemDefined":
        return quoted(action.value)
    return {"ClientSrcIp": 'address or ""', "ClientSrcPort": 'port or ""'}.get(action.value) or quoted(
        system[action.value]
    )
