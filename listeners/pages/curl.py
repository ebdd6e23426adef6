"""The REST call that does the same as a page, as a command to copy."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from django.conf import settings

# The reader's shell fills it in; a page never shows a token.
TOKEN = "$LBADMIN_TOKEN"  # noqa: S105 - a placeholder


def curl(method: str, path: str, body: Mapping[str, Any] | None = None, *, revision: int | None = None) -> str:
    """Return a curl command for ``path`` under /api/v1, with a placeholder for the token."""
    parts = [f"curl -X {method} {shlex.quote(f'{settings.PUBLIC_URL}/api/v1{path}')}"]
    parts.append(f'-H "Authorization: Bearer {TOKEN}"')
    if revision is not None:
        parts.append(f"-H 'If-Match: \"{revision}\"'")
    if body is not None:
        parts.append("-H 'Content-Type: application/json'")
        parts.append("-d " + shlex.quote(json.dumps(body, ensure_ascii=False, indent=2)))
    return " \\\n  ".join(parts)
