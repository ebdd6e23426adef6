"""ClientToken: the same request again gets the same answer, and does nothing twice."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping

from django.utils import timezone

from cloudapi.errors import CloudError
from cloudapi.models import TokenAnswer
from cloudapi.operations import Answer, Call

LIFETIME = dt.timedelta(hours=24)
LONGEST = 64
# What differs from one attempt to the next.
_PASSING = frozenset({"Signature", "SignatureNonce", "Timestamp", "ClientToken", "AccessKeyId", "SecurityToken"})


def claim_token(call: Call, parameters: Mapping[str, str]) -> TokenAnswer | None:
    """Return the row of the request's ClientToken, with the earlier answer if there is one; None without a token.

    Called in the transaction of the write: of two requests at once the second waits for the first, and gets its answer.
    Raises CloudError where the token came with other parameters before.
    """
    token = parameters.get("ClientToken", "")
    if not token:
        return None
    if len(token) > LONGEST or not token.isascii():
        raise CloudError("IllegalParam.ClientToken", f"ClientToken has up to {LONGEST} ASCII characters.")
    fingerprint = _fingerprint(parameters)
    TokenAnswer.objects.filter(until__lte=timezone.now(), user=call.key.user).delete()
    row, _is_new = TokenAnswer.objects.get_or_create(
        user=call.key.user,
        product=call.operation.product.version,
        action=call.operation.name,
        token=token,
        defaults={"fingerprint": fingerprint, "until": timezone.now() + LIFETIME},
    )
    if row.fingerprint != fingerprint:
        raise call.operation.product.codes.of_token()
    return row


def keep_answer(row: TokenAnswer, answer: Answer) -> None:
    """Keep the answer that was given under the token."""
    row.answer = answer
    row.save(update_fields=["answer"])


def _fingerprint(parameters: Mapping[str, str]) -> str:
    lasting = sorted((name, value) for name, value in parameters.items() if name not in _PASSING)
    return hashlib.sha256(json.dumps(lasting).encode()).hexdigest()
