"""What a listener's own settings add to all of its routes: they travel as routes, so that no connection ends."""

from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from dataplane.envoy.compression import no_compression
from dataplane.snapshot import Listener

# A longer body is sent to one server only: what another would get must be kept until the first one answers. The
# connection's own 32 KiB would let every larger upload fail with the server that it happens to go to.
REPEATABLE_BYTES = 1024 * 1024
ANNOUNCED_SECONDS = 86_400  # how long a client may remember where HTTP/3 is spoken (RFC 7838's default)


def add_options(routes: RouteConfiguration, listener: Listener) -> None:
    """Announce HTTP/3 and switch compression off in ``routes``, as ``listener`` wants it."""
    for host in routes.virtual_hosts:
        host.request_body_buffer_limit.value = REPEATABLE_BYTES
    if listener.alt_svc_port:
        value = f'h3=":{listener.alt_svc_port}"; ma={ANNOUNCED_SECONDS}'
        routes.response_headers_to_add.append(
            HeaderValueOption(
                header=HeaderValue(key="alt-svc", value=value),
                append_action=HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
            )
        )
    if not listener.compression:
        for name, config in no_compression().items():
            routes.typed_per_filter_config[name].CopyFrom(config)
