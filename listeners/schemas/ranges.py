"""Types of fields that several resources share."""

from typing import Annotated, Any

from ninja import Field
from pydantic import Strict

from listeners import rules


def ranged(allowed: range, **more: Any) -> Any:
    """Document a range; the services refuse what is outside, with the words that pages use."""
    return Field(json_schema_extra={"minimum": allowed.start, "maximum": allowed.stop - 1}, **more)


Flag = Annotated[bool, Strict()]
Port = Annotated[int, Strict(), ranged(rules.PORTS)]
