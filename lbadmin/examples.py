"""Examples for the API's description: what is sent to each operation, and what it answers. The one place of both.

A body's example is written down here by the name of its schema; an answer's is put together from its schema and the
values below, so that it has every field and never another.
"""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

CERTIFICATE, LISTENER, GROUP, BALANCER = (
    "cert-3k9x0q7c2m8v5b1t",
    "lsn-7c2m8v5b1t3k9x0q",
    "sgp-m8v5b1t3k9x0q7c2",
    "nlb-5b1t3k9x0q7c2m8v",
)
PEM = "-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n"
KEY_PEM = "-----BEGIN PRIVATE KEY-----\nMIGH...\n-----END PRIVATE KEY-----\n"
CSR_PEM = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB...\n-----END CERTIFICATE REQUEST-----\n"
SHA256 = "6f1ed002ab5595859014ebf0951522d9a1f0c2fbf1c7d4b0c3d5a7c6b9e8f701"
_SERVER = {"address": "10.0.0.1", "port": 8080, "weight": 100}
_TAGS = {"team": "payments"}
_TIMING = {"time_zone": "Europe/Berlin", "quiet_from": "22:00", "quiet_until": "07:00"}
_RULE = {
    "name": "images",
    "conditions": [{"type": "Path", "values": ["/img/*"]}],
    "actions": [{"type": "ForwardGroup", "groups": [{"server_group_id": GROUP}]}],
}
_MANIFEST = {
    "version": 1,
    "server_groups": [{"name": "shop", "protocol": "HTTP", "servers": [_SERVER]}],
    "load_balancers": [
        {
            "name": "front",
            "product": "ALB",
            "edition": "Standard",
            "bind_address": "127.0.0.1",
            "listeners": [{"port": 8080, "protocol": "HTTP", "server_group": "shop"}],
        }
    ],
}

BODIES: Mapping[str, Any] = {
    "AccessKeyIn": {"name": "terraform"},
    "AccessKeyPatch": {"is_enabled": False},
    "AccountChange": {"contact": "ops@example.com"},
    "AccountIn": {
        "name": "letsencrypt",
        "directory_url": "https://acme-v02.api.letsencrypt.org/directory",
        "contact": "ops@example.com",
        "terms_agreed": True,
    },
    "AcknowledgeIn": {"reason": "The new one is ordered.", "until": "2026-06-01T08:00:00Z"},
    "AlertRuleIn": {"name": "payments", "tag_key": "team", "tag_value": "payments", "thresholds_hours": [720, 168, 24]},
    "AuthorityIn": {"subject": {"common_name": "Example Root"}, "name": "example-root", "days": 3650},
    "AuthorityPatch": {"crl_hours": 24},
    "AuthorityRenewalIn": {"days": 3650},
    "CaCertificateChoice": {"ca_certificate_id": CERTIFICATE},
    "CaCertificateIn": {"certificate_pem": PEM, "name": "partner"},
    "CertificateChoice": {"certificate_id": CERTIFICATE},
    "CertificateIds": {"certificate_ids": [CERTIFICATE]},
    "CertificateIn": {"kind": "server", "name": "shop", "certificate_pem": PEM, "private_key_pem": KEY_PEM},
    "CertificatePatch": {"owner": "payments", "tags": _TAGS},
    "CertificateRequestIn": {"names": ["shop.example.com"], "name": "shop", "key_type": "P-256"},
    "ChannelChange": {"enabled": False},
    "ChannelIn": {"kind": "email", "name": "on-call", "target": "oncall@example.com"},
    "ContactChange": {"language": "zh-hans"},
    "ContactIn": {"name": "Ada", "email": "ada@example.com", "language": "en"},
    "DomainExtensionsIn": {"extensions": [{"domain": "shop.example.com", "certificate_id": CERTIFICATE}]},
    "Domains": {"domains": ["shop.example.com"]},
    "DropImportIn": {"files": [{"name": "shop.p12", "content_base64": "MIIKa..."}], "passphrases": ["correct horse"]},
    "DropIn": {"text": PEM},
    "ExportIn": {"format": "pfx", "passphrase": "for the file", "password": "yours"},
    "FeedIn": {"name": "team calendar"},
    "ForwardedHeadersPatch": {"forwarded_for": "append", "proto": True},
    "GroupChange": {"timing": _TIMING},
    "GroupIn": {"name": "operators", "timing": _TIMING},
    "HeartbeatIn": {"url": "https://watch.example.com/ping/lbadmin"},
    "IssuedIn": {"certificate_pem": PEM},
    "LabelsIn": {"ids": [CERTIFICATE], "owner": "payments", "add_tags": _TAGS},
    "ListenerIn": {
        "load_balancer_id": BALANCER,
        "port": 443,
        "protocol": "TCPSSL",
        "server_group_id": GROUP,
        "certificate_id": CERTIFICATE,
        "security_policy": "tls_cipher_policy_1_2_strict_with_1_3",
    },
    "ListenerPatch": {"idle_timeout_seconds": 60},
    "LoadBalancerIn": {"name": "edge", "bind_address": "127.0.0.1", "tags": _TAGS},
    "LoadBalancerPatch": {"deletion_protection": True, "deletion_protection_reason": "It serves the shop."},
    "ManifestIn": {"manifest": _MANIFEST, "prune": False},
    "MutualAuthentication": {"enabled": True, "mode": "observe", "ca_certificate_id": CERTIFICATE},
    "OrderIn": {"purpose": "client", "subject": {"common_name": "till-7"}, "days": 365},
    "QuotaPatch": {"limit": 50},
    "QuotasPatch": {"limits": {"additional_certificates_per_instance": 50}},
    "RangeIn": {"network": "10.20.0.0/16", "reason": "The chat server is there."},
    "RegionalCertificateIn": {"certificate_id": CERTIFICATE, "regions": ["cn-hangzhou"]},
    "RegionalUploadIn": {"certificate_pem": PEM, "private_key_pem": KEY_PEM, "regions": ["cn-hangzhou"]},
    "RenewalChange": {"days": 60},
    "RenewalIn": {"names": ["shop.example.com"], "account_id": "acme-0q7c2m8v5b1t3k9x", "challenge": "tls-alpn-01"},
    "ReplacementIn": {"certificate_pem": PEM, "private_key_pem": KEY_PEM, "reason": ""},
    "RepositoryIn": {"name": "partners", "description": "Authorities of those who call us."},
    "RevocationIn": {"reason": "superseded"},
    "RevocationListIn": {"url": "http://pki.example.com/root.crl"},
    "RevocationListPatch": {"when_expired": "refuse"},
    "RollBackIn": {"version": 2, "reason": "The new one lacks a name."},
    "Rotation": {"overlap_hours": 24},
    "RuleChange": {"thresholds_hours": [720, 168]},
    "RuleIds": {"rule_ids": ["rule-5b1t3k9x0q7c2m8v"]},
    "RuleMove": {"position": 1},
    "RuleOrder": {"rule_ids": ["rule-5b1t3k9x0q7c2m8v", "rule-3k9x0q7c2m8v5b1t"]},
    "RulePatch": {"priority": 10},
    "RulesIn": {"rules": [_RULE]},
    "RulesPatch": {"rules": [{"id": "rule-5b1t3k9x0q7c2m8v", "priority": 10}]},
    "SecurityPolicyIn": {"name": "modern", "versions": ["TLSv1.3"], "ciphers": ["TLS_AES_128_GCM_SHA256"]},
    "SecurityPolicyPatch": {"versions": ["TLSv1.3"], "ciphers": ["TLS_AES_256_GCM_SHA384"]},
    "ServerGroupIn": {"name": "web", "protocol": "TCP", "servers": [_SERVER]},
    "ServerGroupPatch": {"scheduler": "rr"},
    "TableIn": {"table": "name,purpose,common_name,days\ntill-7,client,till-7,365\n"},
    "TagsIn": {"tags": _TAGS},
    "TokenIn": {"name": "deploy", "scopes": ["certificates:write"]},
    "TrialIn": {"method": "GET", "url": "https://shop.example.com/img/logo.png"},
    "UserIn": {"username": "ada", "password": "a long phrase of your own"},
    "UserPatch": {"is_active": False},
    "WatchedChange": {"period_minutes": 60},
    "WatchedIn": {"host": "mail.example.com", "port": 25, "starttls": "smtp"},
}

# What a field of an answer has, by its name.
VALUES: Mapping[str, Any] = {
    "address": "10.0.0.1",
    "bind_address": "127.0.0.1",
    "ca_certificate_id": CERTIFICATE,
    "certificate_id": CERTIFICATE,
    "certificate_ids": [CERTIFICATE],
    "code": "certificate.expires-soon",
    "common_name": "shop.example.com",
    "created_by": "ada",
    "csr_pem": CSR_PEM,
    "detail": "It ends in 6 days.",
    "email": "ada@example.com",
    "host": "shop.example.com",
    "issuer": "CN=Example Root",
    "key_algorithm": "EC",
    "key_bits": 256,
    "label": "edge:443",
    "limit": 50,
    "listener_id": LISTENER,
    "load_balancer_id": BALANCER,
    "message": "It ends in 6 days.",
    "name": "shop",
    "next_cursor": "",
    "number": 1,
    "object_id": CERTIFICATE,
    "port": 443,
    "region": "cn-hangzhou",
    "revision": 1,
    "serial": "4096",
    "server_group_id": GROUP,
    "sha256": SHA256,
    "spki_sha256": SHA256,
    "signature_hash": "SHA-256",
    "status": 200,
    "subject": "CN=shop.example.com",
    "tags": _TAGS,
    "url": "https://example.com/",
    "user": "ada",
    "username": "ada",
    "value": "shop.example.com",
    "weight": 100,
}
_IDS = {
    "Certificate": CERTIFICATE,
    "ImportedOut": CERTIFICATE,
    "Listener": LISTENER,
    "LoadBalancer": BALANCER,
    "ServerGroup": GROUP,
}
_FORMATS = {
    "date": "2026-05-31",
    "date-time": "2026-05-31T08:00:00Z",
    "time": "07:00:00",
    "uuid": "5f0c8f0e-7b1c-4a0e-9d3f-2b6a1c4d8e7f",
}
_TYPES: Mapping[str, Any] = {"string": "", "integer": 1, "number": 1.0, "boolean": True, "null": None}


def body_example(schema: Schema, schemas: Schema) -> Any:
    """Return what is sent, by the name of a body's schema; one that is not named here is put together from it."""
    chosen = next((each for each in schema.get("anyOf", ()) if "$ref" in each), schema)
    return BODIES.get(_name(chosen)) or answer_example(chosen, schemas)


def answer_example(schema: Schema, schemas: Schema, owner: str = "", field: str = "") -> Any:
    """Return an answer of ``schema``; ``schemas`` are those that it can refer to."""
    if "$ref" in schema:
        return answer_example(schemas[_name(schema)], schemas, _name(schema), field)
    if "properties" in schema:
        parts = schema["properties"].items()
        return {name: answer_example(part, schemas, owner, name) for name, part in parts}
    for known in ("const", "default"):
        if known in schema:
            return schema[known]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return answer_example(schema["anyOf"][0], schemas, owner, field)
    return _plain(schema, schemas, owner, field)


def _plain(schema: Schema, schemas: Schema, owner: str, field: str) -> Any:
    kind = schema.get("type")
    if field == "id" and kind == "string" and "format" not in schema:
        return next((value for start, value in _IDS.items() if owner.startswith(start)), "obj-3k9x0q7c2m8v5b1t")
    if field in VALUES and _fits(VALUES[field], kind):
        return VALUES[field]
    if kind == "array":
        return [answer_example(schema.get("items", {}), schemas, owner, field)]
    if kind == "object":
        return {}
    return _FORMATS.get(schema.get("format", ""), _TYPES.get(str(kind)))


def _fits(value: Any, kind: str | None) -> bool:
    kinds: Mapping[str | None, type] = {"string": str, "integer": int, "array": list, "object": dict}
    return kind in kinds and isinstance(value, kinds[kind])


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
