"""The ids of domain extensions, which are bindings of a certificate for one domain."""

import re

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 13
_ID = re.compile(rf"de-([0-9a-z]{{{_LENGTH}}})")


def extension_id(binding_id: int) -> str:
    """Return the id of a domain extension, such as ``de-00000000000zf``."""
    digits = ""
    while binding_id:
        binding_id, rest = divmod(binding_id, len(_DIGITS))
        digits = _DIGITS[rest] + digits
    return f"de-{digits:0>{_LENGTH}}"


def binding_id_of(extension: str) -> int:
    """Return the binding that an id names, 0 for what is no such id."""
    found = _ID.fullmatch(extension)
    number = int(found[1], 36) if found else 0
    return number if number < 2**63 else 0
