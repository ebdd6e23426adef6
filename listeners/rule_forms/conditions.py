"""The blocks of conditions."""

from collections.abc import Mapping
from types import MappingProxyType

from django import forms
from django.utils.translation import gettext_lazy as _

from listeners.forwarding.conditions import METHODS
from listeners.rule_forms.blocks import Block, LinesField, PairsField, Part

_ONE_A_LINE = _("One in each line; any of them meets the condition.")
_WILDCARDS = _("“*” is any text, “?” one character.")
_REGEX = _("“*” is any text, “?” one character; a line that starts with “~” is a regular expression (RE2).")


class _Lines(Block):
    lines = LinesField(label=_("Values"), help_text=_ONE_A_LINE)

    def values(self, cleaned: Mapping[str, object]) -> Part:
        """Return the lines as values."""
        return {("values" if name == "lines" else name): value for name, value in cleaned.items()}

    @classmethod
    def initial_of(cls, part: Mapping[str, object]) -> Part:
        """Return the values as lines."""
        return {("lines" if name == "values" else name): value for name, value in part.items() if name != "type"}

    def refuse(self, field: str, message: str) -> None:
        """Show a refusal of the values at the lines."""
        super().refuse("lines" if field.startswith("values") else field, message)


class _Keyed(_Lines):
    key = forms.CharField(label=_("Header"), max_length=40)
    field_order = ("key", "lines")


class HostBlock(_Lines):
    """The host that was asked for."""

    type = "Host"
    title = _("Host")
    help = _REGEX


class PathBlock(_Lines):
    """The path."""

    type = "Path"
    title = _("Path")
    help = _REGEX


class HeaderBlock(_Keyed):
    """A header of the request."""

    type = "Header"
    title = _("Header")
    help = _WILDCARDS


class QueryStringBlock(Block):
    """A parameter of the query."""

    type = "QueryString"
    title = _("Query parameter")
    help = _WILDCARDS
    pairs = PairsField(label=_("Parameters"), help_text=_("key=value, one in each line; any of them meets it."))


class MethodBlock(Block):
    """The method."""

    type = "Method"
    title = _("Method")
    methods = forms.MultipleChoiceField(
        label=_("Methods"), choices=[(each, each) for each in METHODS], widget=forms.CheckboxSelectMultiple
    )

    def values(self, cleaned: Mapping[str, object]) -> Part:
        """Return the methods as values."""
        return {"values": cleaned["methods"]}

    @classmethod
    def initial_of(cls, part: Mapping[str, object]) -> Part:
        """Return the values as methods."""
        return {"methods": part["values"]}


class CookieBlock(Block):
    """A cookie."""

    type = "Cookie"
    title = _("Cookie")
    help = _WILDCARDS
    pairs = PairsField(label=_("Cookies"), help_text=_("key=value, one in each line; any of them meets it."))


class SourceIpBlock(_Lines):
    """Where the connection comes from."""

    type = "SourceIp"
    title = _("Source address")
    help = _("Addresses or networks, such as 192.0.2.0/24 or 2001:db8::/32; at most 5.")


class ResponseStatusCodeBlock(_Lines):
    """The status of the answer."""

    type = "ResponseStatusCode"
    title = _("Status of the answer")
    help = _("Single statuses or ranges, such as 404 or 500-503.")


class ResponseHeaderBlock(_Keyed):
    """A header of the answer."""

    type = "ResponseHeader"
    title = _("Header of the answer")
    help = _WILDCARDS


CONDITION_BLOCKS: Mapping[str, type[Block]] = MappingProxyType(
    {
        block.type: block
        for block in (
            HostBlock,
            PathBlock,
            HeaderBlock,
            QueryStringBlock,
            MethodBlock,
            CookieBlock,
            SourceIpBlock,
            ResponseStatusCodeBlock,
            ResponseHeaderBlock,
        )
    }
)
