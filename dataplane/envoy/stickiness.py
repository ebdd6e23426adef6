"""Sessions that stay with their server: by a cookie of ours, or by the servers' own cookie with the server noted in it.

What a route has to say travels with the routes, so switching it touches no connection. A server is noted as the
engine spells its address, in Base64.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from envoy.config.core.v3.base_pb2 import DataSource
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.lua.v3.lua_pb2 import Lua, LuaPerRoute
from envoy.extensions.filters.http.stateful_session.v3.stateful_session_pb2 import (
    StatefulSession,
    StatefulSessionPerRoute,
)
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter
from envoy.extensions.http.stateful_session.cookie.v3.cookie_pb2 import CookieBasedSessionState
from envoy.extensions.http.stateful_session.header.v3.header_pb2 import HeaderBasedSessionState
from envoy.type.http.v3.cookie_pb2 import Cookie
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value

from dataplane.envoy.resources import packed
from dataplane.snapshot import ServerGroup

INSERTED, REWRITTEN = "insert", "server"
COOKIE = "SERVERID"
# Between the two filters alone: a client's own is removed before they look, and servers must not see it.
SERVER_HEADER = "x-lbadmin-server"
_SESSION = "envoy.filters.http.stateful_session"
_REWRITER = "lbadmin.stickiness"

# A cookie “name=value” of a server reaches the client as “name=<server>|value”, and comes back to servers as they set
# it. The engine's session filter, which runs after this one on requests and before it on answers, reads and writes the
# server in a header.
_SCRIPT = """
local HEADER = "x-lbadmin-server"
local NOTES = "lbadmin.stickiness"

local function without_server(jar, name)
  local server
  local kept = {}
  for part in string.gmatch(jar, "[^;]+") do
    local key, value = string.match(part, "^%s*([^=]+)=(.*)$")
    local found, rest = string.match(value or "", "^([A-Za-z0-9+/=]+)|(.*)$")
    if key == name and found ~= nil then
      server = server or found
      part = " " .. name .. "=" .. rest
    end
    kept[#kept + 1] = part
  end
  return server, (string.gsub(table.concat(kept, ";"), "^%s+", ""))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  headers:remove(HEADER)
  local name = handle:filterContext():get("cookie")
  local jar = headers:get("cookie")
  if name == nil or jar == nil then return end
  local server, rest = without_server(jar, name)
  if server == nil then return end
  headers:replace("cookie", rest)
  headers:replace(HEADER, server)
  handle:streamInfo():dynamicMetadata():set(NOTES, "server", server)
end

function envoy_on_response(handle)
  local name = handle:filterContext():get("cookie")
  if name == nil then return end
  local headers = handle:headers()
  local notes = handle:streamInfo():dynamicMetadata():get(NOTES)
  local server = headers:get(HEADER) or (notes and notes["server"])
  headers:remove(HEADER)
  local count = headers:getNumValues("set-cookie")
  if server == nil or count == 0 then return end
  local lines = {}
  for index = 0, count - 1 do lines[index + 1] = headers:getAtIndex("set-cookie", index) end
  headers:remove("set-cookie")
  for _, line in ipairs(lines) do
    local key, rest = string.match(line, "^%s*([^=]+)=(.*)$")
    if key == name then line = name .. "=" .. server .. "|" .. rest end
    headers:add("set-cookie", line)
  end
end
"""


@lru_cache
def session_filters() -> tuple[HttpFilter, ...]:
    """Return the filters that keep sessions, in their order; without a route that asks for it they do nothing.

    The script comes with the routes: the filters are in each of perhaps thousands of filter chains, and each would
    compile it.
    """
    return (
        HttpFilter(name=_REWRITER, typed_config=packed(Lua())),
        HttpFilter(name=_SESSION, typed_config=packed(StatefulSession())),
    )


def hide_server(routes: RouteConfiguration, groups: Iterable[ServerGroup]) -> None:
    """Keep servers from seeing what the two filters tell each other; ``groups`` are all that requests can go to."""
    if any(group.stickiness == REWRITTEN for group in groups):
        routes.request_headers_to_remove.append(SERVER_HEADER)


def per_route(group: ServerGroup) -> Mapping[str, AnyMessage]:
    """Return what a route to ``group`` tells the filters, by their names."""
    return _told(group.stickiness, group.cookie, group.cookie_timeout_seconds)


@lru_cache
def _told(stickiness: str, cookie_of_servers: str, cookie_seconds: int) -> Mapping[str, AnyMessage]:
    if stickiness == INSERTED:
        lasts = Duration(seconds=cookie_seconds)
        cookie = CookieBasedSessionState(cookie=Cookie(name=COOKIE, ttl=lasts, path="/"))
        return {_SESSION: _session("cookie", cookie)}
    if stickiness == REWRITTEN:
        context = Struct(fields={"cookie": Value(string_value=cookie_of_servers)})
        return {
            _REWRITER: packed(LuaPerRoute(source_code=DataSource(inline_string=_SCRIPT), filter_context=context)),
            _SESSION: _session("header", HeaderBasedSessionState(name=SERVER_HEADER)),
        }
    return {}


def _session(kind: str, state: Message) -> AnyMessage:
    extension = TypedExtensionConfig(name=f"envoy.http.stateful_session.{kind}", typed_config=packed(state))
    return packed(StatefulSessionPerRoute(stateful_session=StatefulSession(session_state=extension)))
