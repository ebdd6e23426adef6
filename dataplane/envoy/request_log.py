"""The access log of requests: a line of JSON each, in a file of the listener's own.

The engine writes it by itself, so no request waits for a process of ours. Query strings are left out, since they carry
tokens, and so is every header that can: what is logged can be shown to people who look for a failure.
"""

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog
from envoy.config.core.v3.substitution_format_string_pb2 import SubstitutionFormatString
from envoy.extensions.access_loggers.file.v3.file_pb2 import FileAccessLog
from google.protobuf.struct_pb2 import Struct

from dataplane.envoy.resources import packed
from dataplane.snapshot import Listener

# In UTC; durations in milliseconds. Empty values are left out.
FIELDS = {
    "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "peer": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
    "method": "%REQUEST_HEADER(:METHOD)%",
    "scheme": "%REQUEST_HEADER(:SCHEME)%",
    "host": "%REQUEST_HEADER(:AUTHORITY)%",
    "path": "%PATH(NQ)%",
    "protocol": "%PROTOCOL%",
    "user_agent": "%REQUEST_HEADER(USER-AGENT)%",
    "status": "%RESPONSE_CODE%",
    "detail": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "duration": "%DURATION%",
    "server": "%UPSTREAM_HOST%",
    "server_duration": "%RESPONSE_DURATION%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "rule": "%ROUTE_NAME%",
    "server_name": "%REQUESTED_SERVER_NAME%",
    "tls_version": "%DOWNSTREAM_TLS_VERSION%",
    "tls_cipher": "%DOWNSTREAM_TLS_CIPHER%",
    "client_certificate": "%DOWNSTREAM_PEER_FINGERPRINT_256%",
    "client_subject": "%DOWNSTREAM_PEER_SUBJECT%",
}


def request_logs(listener: Listener) -> list[AccessLog]:
    """Return the log of each request, none unless the listener keeps one."""
    if not listener.access_log_path:
        return []
    fields = Struct()
    fields.update(FIELDS)
    log = FileAccessLog(
        path=listener.access_log_path,
        log_format=SubstitutionFormatString(json_format=fields, omit_empty_values=True),
    )
    return [AccessLog(name="envoy.access_loggers.file", typed_config=packed(log))]
