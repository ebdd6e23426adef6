"""Ask and be refused."""

from collections.abc import Callable
from typing import Any

from alibabacloud_tea_openapi.exceptions import AlibabaCloudException


def refusal(ask: Callable[[Any], Any], request: Any) -> tuple[int, str]:
    """Return HTTP status and code of a request that is refused."""
    try:
        ask(request)
    except AlibabaCloudException as error:
        return int(error.status_code), str(error.code)
    raise AssertionError("the request was done")
