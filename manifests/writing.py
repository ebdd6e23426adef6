"""Write a document as YAML that reads back as the same document."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_HEAD = "# lbadmin manifest: `manage.py lb apply -f FILE` makes what is stored as this says.\n"


class _Dumper(yaml.SafeDumper):
    """Without anchors, lists indented below their key, and empty lists and maps in one line."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write what stands twice twice."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        """Indent lists too."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Write what no editor shows with escapes: some of it would end a line."""
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(document: Mapping[str, Any]) -> str:
    """Return a manifest as the text of a file; sections in which nothing is are left out."""
    sections = {section: entries for section, entries in document.items() if entries}
    return _HEAD + dumped({"version": 1, **sections})


def dumped(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return plain data as YAML."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
