"""A block of a rule's form: one condition or action, read to JSON and filled from it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from console.forms import StyledForm

Part = dict[str, Any]


class Block(StyledForm):
    """One part of a rule. ``type`` is that of its JSON; ``title`` and ``help`` are for people."""

    type: ClassVar[str] = ""
    title: ClassVar["str | Promise"] = ""
    help: ClassVar["str | Promise"] = ""
    ends_the_rule: ClassVar[bool] = False
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = int(str(self.prefix).rpartition("-")[2])

    def as_json(self) -> Part:
        """Return the part as it was typed; what cannot be is refused by the rule's own checks."""
        return {"type": self.type, **self.values(self.cleaned_data)}

    def values(self, cleaned: Mapping[str, Any]) -> Part:
        """Return the JSON's fields beside the type."""
        return dict(cleaned)

    @classmethod
    def initial_of(cls, part: Mapping[str, Any]) -> Part:
        """Return the initial values of the fields for a stored part."""
        return {name: value for name, value in part.items() if name != "type"}

    def refuse(self, field: str, message: str) -> None:
        """Show a refusal at the field of the JSON that it names, or above the block."""
        name = field.partition(".")[0]
        self.add_error(name if name in self.fields else None, message)


class LinesField(forms.CharField):
    """Texts, one in each line."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 3, "class": "code-input", "spellcheck": "false"}))
        super().__init__(max_length=10_000, **options)

    def clean(self, value: Any) -> list[str]:
        """Return the lines that hold something."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list | tuple) else value


class PairsField(LinesField):
    """Keys with values, one in each line: ``key=value``."""

    def clean(self, value: Any) -> list[Any]:
        """Return ``{key, value}`` for each line. Raises ValidationError for a line without “=”."""
        lines = super().clean(value)
        for line in lines:
            if "=" not in line:
                raise forms.ValidationError(_("“%(line)s” has no “=”: write key=value.") % {"line": line[:60]})
        return [dict(zip(("key", "value"), map(str.strip, line.split("=", 1)), strict=True)) for line in lines]

    def prepare_value(self, value: Any) -> Any:
        """Show pairs as lines."""
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return "\n".join(f"{pair['key']}={pair['value']}" for pair in value)
        return super().prepare_value(value)


def numbers_of(data: Mapping[str, Any], kind: str) -> Sequence[tuple[int, str]]:
    """Return the number and type of each block of ``kind`` that a form was sent with, in their order."""
    found = []
    for key in data:
        prefix, _dash, field = key.rpartition("-")
        number = prefix.removeprefix(f"{kind}-")
        if field == "type" and prefix.startswith(f"{kind}-") and number.isdecimal() and len(number) < 4:  # noqa: PLR2004
            found.append((int(number), str(data[key])))
    return sorted(found)
