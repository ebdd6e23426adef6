"""What calls of the official clients come to."""

from typing import Any

import pytest
from darabonba.exceptions import DaraException


def refusal(call: Any, *arguments: object, **named: object) -> str:
    """Return the code with which a call is refused."""
    with pytest.raises(DaraException) as refused:
        call(*arguments, **named)
    return str(refused.value.code)
