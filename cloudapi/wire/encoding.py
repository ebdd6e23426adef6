"""Answers as JSON or as XML."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

JSON, XML = "JSON", "XML"
CONTENT_TYPES = {JSON: "application/json;charset=utf-8", XML: "text/xml;charset=utf-8"}


def encode(body: Mapping[str, Any], root: str, form: str) -> bytes:
    """Return ``body`` in ``form``; ``root`` names the outermost element of XML."""
    if form == XML:
        inner = "".join(_elements(body))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{inner}</{root}>'.encode()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _elements(body: Mapping[str, Any]) -> Iterator[str]:
    for name, value in body.items():
        # A list is its element again and again; CLB wraps it in one of its own (Listeners.Listener).
        for item in value if isinstance(value, list | tuple) else (value,):
            yield f"<{name}>{_content(item)}</{name}>"


def _content(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_elements(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else escape(_printable(str(value)))


def _printable(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return "".join(char for char in text if char in "\t\n\r" or char >= " ")
