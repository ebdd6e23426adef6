"""Sign requests as the clients do, and wrongly."""

import datetime as dt
import hashlib
import uuid
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from access.access_keys import NewAccessKey
from cloudapi.wire.signatures import v1_signature, v3_signature

HOST = "testserver"


def now(offset: dt.timedelta = dt.timedelta()) -> str:
    """Return the time of a request."""
    return f"{dt.datetime.now(dt.UTC) + offset:%Y-%m-%dT%H:%M:%SZ}"


def v1_parameters(key: NewAccessKey, **given: str) -> dict[str, str]:
    """Return the parameters of a V1 request, signed for GET."""
    parameters = {
        "Action": "ListListeners",
        "Version": "2022-04-30",
        "Format": "JSON",
        "Timestamp": now(),
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": str(uuid.uuid4()),
        "AccessKeyId": key.row.pk,
        **given,
    }
    return {**parameters, "Signature": v1_signature("GET", parameters, key.secret)}


def ask_v1(client: Client, key: NewAccessKey, **given: str) -> Any:
    """Send a V1 request."""
    return client.get("/", v1_parameters(key, **given))


def v3_headers(key: NewAccessKey, query: dict[str, str], body: bytes = b"", **given: str) -> dict[str, str]:
    """Return the headers of a V3 request, signed for POST."""
    headers = {
        "host": HOST,
        "x-acs-action": "ListListeners",
        "x-acs-version": "2022-04-30",
        "x-acs-date": now(),
        "x-acs-signature-nonce": str(uuid.uuid4()),
        **{name.replace("_", "-"): value for name, value in given.items()},
    }
    digest = hashlib.sha256(body).hexdigest()
    headers["x-acs-content-sha256"] = digest
    signed = sorted(headers)
    signature = v3_signature(
        "POST", query=query.items(), headers=headers, signed=signed, body_sha256=digest, secret=key.secret
    )
    authorization = f"ACS3-HMAC-SHA256 Credential={key.row.pk},SignedHeaders={';'.join(signed)},Signature={signature}"
    return {**headers, "authorization": authorization}


def ask_v3(client: Client, headers: dict[str, str], query: dict[str, str], body: bytes = b"") -> Any:
    """Send a V3 request."""
    path = f"/?{urlencode(query)}" if query else "/"
    return client.generic("POST", path, body, "application/x-www-form-urlencoded", headers=headers)


def told(answer: Any) -> tuple[int, str]:
    """Return HTTP status and code."""
    return answer.status_code, answer.json().get("Code", "")
