"""XForwardedForConfig: what a listener tells servers of its clients."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cloudapi.wire.fields import flag, struct, text
from listeners import forwarded_headers

_FLAGS = {
    "XForwardedForProtoEnabled": "proto",
    "XForwardedForSLBIdEnabled": "load_balancer_id",
    "XForwardedForSLBPortEnabled": "port",
    "XForwardedForHostEnabled": "host",
    "XForwardedForClientSrcPortEnabled": "client_port",
    "XForwardedForClientSourceIpsEnabled": "source_lookup",
    "XForwardedForClientCertSubjectDNEnabled": "subjectdn",
    "XForwardedForClientCertIssuerDNEnabled": "issuerdn",
    "XForwardedForClientCertFingerprintEnabled": "fingerprint",
    "XForwardedForClientCertClientVerifyEnabled": "clientverify",
}
_TEXTS = {
    "XForwardedForClientCertSubjectDNAlias": "subjectdn_alias",
    "XForwardedForClientCertIssuerDNAlias": "issuerdn_alias",
    "XForwardedForClientCertFingerprintAlias": "fingerprint_alias",
    "XForwardedForClientCertClientVerifyAlias": "clientverify_alias",
}
_SOURCES = "XForwardedForClientSourceIpsTrusted"
CONFIG = struct(
    "XForwardedForConfig",
    flag("XForwardedForEnabled"),
    text("XForwardedForProcessingMode", choices=("append", "remove")),
    *(flag(name) for name in _FLAGS),
    *(text(name, high=40) for name in _TEXTS),
    text(_SOURCES, high=4000),
)


def header_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return our settings for those that were sent."""
    settings = {ours: config[theirs] for theirs, ours in (_FLAGS | _TEXTS).items() if theirs in config}
    if _SOURCES in config:
        settings["trusted_sources"] = config[_SOURCES]
    if config.get("XForwardedForEnabled") is False:
        settings["forwarded_for"] = "keep"
    elif "XForwardedForEnabled" in config or "XForwardedForProcessingMode" in config:
        settings["forwarded_for"] = config.get("XForwardedForProcessingMode", "append")
    return settings


def header_words(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a listener's settings under the product's names."""
    values = asdict(forwarded_headers.read(stored))
    mode = values["forwarded_for"]
    return {
        "XForwardedForEnabled": mode != "keep",
        "XForwardedForProcessingMode": "append" if mode == "keep" else mode,
        **{theirs: values[ours] for theirs, ours in (_FLAGS | _TEXTS).items()},
        _SOURCES: ";".join(values["trusted_sources"]),
    }
