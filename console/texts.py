"""Texts that come from outside."""


def storable(text: str) -> str:
    """Return ``text`` if every column and file can hold it; raise ValueError for a NUL or half of a surrogate pair."""
    if "\0" in text:
        raise ValueError("a NUL in a text")
    text.encode()  # UnicodeEncodeError is a ValueError
    return text
