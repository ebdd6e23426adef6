"""Who signed a request: access key, signature, clock and nonce, in this order."""

import datetime as dt
import hashlib

from django.conf import settings
from django.utils import timezone

from access.access_keys import secret_of
from access.models import AccessKey
from access.request_counts import count_request
from cloudapi.errors import CloudError, missing
from cloudapi.nonces import CLOCK_WINDOW, take_nonce
from cloudapi.wire.request import WireRequest
from cloudapi.wire.signatures import COVERED, V1, is_same, parse_authorization, v1_signature, v3_signature
from console.errors import ConflictError

LONGEST_NONCE = 128
LONGEST_KEY_ID = 32
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def signer_of(wire: WireRequest) -> AccessKey:
    """Return the access key that signed the request; raise CloudError.

    Whether the request came before is asked by ``refuse_replay``, once it is known to be a read or a write.
    """
    row = _v3_signer(wire) if wire.is_v3 else _v1_signer(wire)
    _refuse_skewed(wire.get("Timestamp", "x-acs-date"))
    if not row.is_enabled:
        raise CloudError("Forbidden.AccessKeyDisabled", "The access key is disabled.", 403)
    if not row.user.is_active:
        raise CloudError("Forbidden.AccessKeyDisabled", "The user of the access key is switched off.", 403)
    return row


def refuse_haste(row: AccessKey) -> None:
    """Raise CloudError where this access key has sent as many requests as it may within a minute."""
    limit: int = settings.CLOUD_REQUESTS_PER_MINUTE
    if not limit:
        return
    rate = count_request(f"access-key:{row.pk}", limit)
    if rate.left < 0:
        raise CloudError(
            "Throttling.User",
            f"The access key has sent {limit} requests within a minute, as many as it may. "
            f"Send the next one in {rate.seconds} seconds.",
        )


def refuse_replay(wire: WireRequest, row: AccessKey, *, writes: bool) -> None:
    """Raise CloudError where this access key has used the nonce before."""
    nonce = wire.get("SignatureNonce", "x-acs-signature-nonce")
    if not nonce or len(nonce) > LONGEST_NONCE:
        raise missing("SignatureNonce")
    if not take_nonce(row.pk, nonce, writes=writes):
        raise CloudError("SignatureNonceUsed", "The signature nonce was used already. Sign the request anew.")


def _v3_signer(wire: WireRequest) -> AccessKey:
    given = parse_authorization(wire.headers.get("authorization", ""))
    if given is None:
        raise _incomplete("The Authorization header is no signature of the kind ACS3-HMAC-SHA256.")
    if not set(given.signed_headers) >= COVERED or len(set(given.signed_headers)) != len(given.signed_headers):
        raise _incomplete(f"The signature does not cover each of {', '.join(sorted(COVERED))} once.")
    row, secret = _known(given.key_id)
    digest = hashlib.sha256(wire.body).hexdigest()
    expected = v3_signature(
        wire.method,
        query=wire.query,
        headers=wire.headers,
        signed=given.signed_headers,
        body_sha256=digest,
        secret=secret,
    )
    return _same(row, given.signature, expected)


def _v1_signer(wire: WireRequest) -> AccessKey:
    for name in ("AccessKeyId", "Signature", "Timestamp", "SignatureNonce"):
        if not wire.parameters.get(name):
            raise missing(name)
    method = wire.parameters.get("SignatureMethod", V1)
    if method.upper() != V1 or wire.parameters.get("SignatureVersion", "1.0") != "1.0":
        raise _incomplete("The signature is neither HMAC-SHA1 of version 1.0 nor ACS3-HMAC-SHA256.")
    row, secret = _known(wire.parameters["AccessKeyId"])
    expected = v1_signature(wire.method, wire.parameters, secret)
    return _same(row, wire.parameters["Signature"], expected)


def _known(key_id: str) -> tuple[AccessKey, str]:
    rows = AccessKey.objects.select_related("user")
    is_possible = len(key_id) <= LONGEST_KEY_ID and "\0" not in key_id
    row = next(iter(rows.filter(pk=key_id).order_by()), None) if is_possible else None
    if row is None:
        raise CloudError("InvalidAccessKeyId.NotFound", "There is no such access key.")
    try:
        return row, secret_of(row)
    except ConflictError as error:
        raise CloudError("InternalError", error.message, 500) from None


def _same(row: AccessKey, given: str, expected: str) -> AccessKey:
    if not is_same(given, expected):
        raise _incomplete("The signature is not the one of this request under this access key.")
    return row


def _incomplete(message: str) -> CloudError:
    return CloudError("IncompleteSignature", message)


def _refuse_skewed(text: str) -> None:
    try:
        at = dt.datetime.strptime(text, _TIME).replace(tzinfo=dt.UTC)
    except ValueError:
        raise CloudError("IllegalTimestamp", f"The time of the request is not of the form {_TIME}.") from None
    if abs(timezone.now() - at) > CLOCK_WINDOW:
        minutes = int(CLOCK_WINDOW.total_seconds() // 60)
        raise CloudError(
            "IllegalTimestamp", f"The time of the request is more than {minutes} minutes off the console's clock."
        )
