"""What the tests of listeners share."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.tokens import create_token

Call = Callable[..., Any]


@pytest.fixture
def rest(client: Client, admin_user: User) -> Call:
    """Call the REST API with an administrator's token: ``rest("POST", "/listeners", body, If_Match='"1"')``."""
    token = create_token(admin_user)

    def call(method: str, path: str, body: object = None, **headers: str) -> Any:
        return client.generic(
            method,
            f"/api/v1{path}",
            "" if body is None else json.dumps(body),
            "application/json",
            headers={"Authorization": f"Bearer {token}", **{name.replace("_", "-"): v for name, v in headers.items()}},
        )

    return call
