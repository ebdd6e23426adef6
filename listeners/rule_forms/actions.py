"""The blocks of actions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from listeners.forwarding.actions import CONTENT_TYPES, MOST_GROUPS, SYSTEM_VALUES
from listeners.forwarding.targets import SAME_HOST, SAME_PATH, SAME_PORT, SAME_PROTOCOL, SAME_QUERY
from listeners.models import ServerGroup
from listeners.rule_forms.blocks import Block, LinesField, Part

_KEEPS_HOST = _("${host} keeps the request's.")
_KEEPS_PATH = _("${path} is the request's; ${1} to ${9} what a regular expression of the path captured.")
_KEEPS_QUERY = _("${query} keeps the request's; empty drops it.")


class GroupField(forms.CharField):
    """A server group by its name, or by its id; the browser offers the names."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"list": "server-groups", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(max_length=128, widget=widget, **options)

    def clean(self, value: Any) -> str:
        """Return the group's id; empty where nothing was typed and nothing is required."""
        typed = super().clean(value)
        if not typed:
            return ""
        found = ServerGroup.objects.filter(name=typed).first() or ServerGroup.objects.filter(pk=typed).first()
        if found is None:
            raise forms.ValidationError(_now("There is no server group “%(name)s”.") % {"name": typed})
        return str(found.pk)

    def prepare_value(self, value: Any) -> Any:
        """Show the name of a stored group."""
        if not value:
            return value
        return ServerGroup.objects.filter(pk=value).values_list("name", flat=True).first() or value


class ForwardGroupBlock(Block):
    """Forward to one or several server groups."""

    type = "ForwardGroup"
    title = _("Forward")
    ends_the_rule = True
    sticky = forms.BooleanField(
        label=_("A client stays with the server group that it had"), required=False, help_text=_("By a cookie.")
    )
    sticky_seconds = forms.IntegerField(label=_("For so many seconds"), initial=1000, min_value=1, max_value=86_400)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own: dict[str, forms.Field] = {}
        for n in range(MOST_GROUPS):
            own[f"group_{n}"] = GroupField(label=_("Server group"), required=n == 0)
            own[f"weight_{n}"] = forms.IntegerField(
                label=_("Weight"), initial=100, min_value=0, max_value=100, required=n == 0
            )
        for each in own.values():
            each.widget.attrs["class"] = "form-control"
        self.fields = {**own, **self.fields}

    @property
    def rows(self) -> list[tuple[BoundField, BoundField]]:
        """The server groups with their weights."""
        return [(self[f"group_{n}"], self[f"weight_{n}"]) for n in range(MOST_GROUPS)]

    def values(self, cleaned: Mapping[str, Any]) -> Part:
        """Return the groups of the rows that hold one."""
        groups = [
            {"server_group_id": cleaned[f"group_{n}"], "weight": _or(cleaned[f"weight_{n}"], 100)}
            for n in range(MOST_GROUPS)
            if cleaned[f"group_{n}"]
        ]
        return {"groups": groups, "sticky": cleaned["sticky"], "sticky_seconds": cleaned["sticky_seconds"]}

    @classmethod
    def initial_of(cls, part: Mapping[str, Any]) -> Part:
        """Return a row for each group."""
        found: Part = {name: part[name] for name in ("sticky", "sticky_seconds") if name in part}
        for n, group in enumerate(part.get("groups", ())):
            found |= {f"group_{n}": group["server_group_id"], f"weight_{n}": group.get("weight", 100)}
        return found

    def refuse(self, field: str, message: str) -> None:
        """Show a refusal of a group at its row."""
        _groups, _dot, number = field.partition("groups.")
        super().refuse(f"weight_{number.partition('.')[0]}" if number.endswith("weight") else field, message)


class RedirectBlock(Block):
    """Send the client elsewhere."""

    type = "Redirect"
    title = _("Redirect")
    ends_the_rule = True
    protocol = forms.ChoiceField(
        label=_("Protocol"), choices=[(SAME_PROTOCOL, _("As asked")), ("HTTP", "HTTP"), ("HTTPS", "HTTPS")]
    )
    host = forms.CharField(label=_("Host"), max_length=128, initial=SAME_HOST, help_text=_KEEPS_HOST)
    port = forms.CharField(
        label=_("Port"), max_length=8, initial=SAME_PORT, help_text=_("${port} keeps that of a host that is kept.")
    )
    path = forms.CharField(label=_("Path"), max_length=128, initial=SAME_PATH, help_text=_KEEPS_PATH)
    query = forms.CharField(
        label=_("Query"), max_length=128, initial=SAME_QUERY, required=False, help_text=_KEEPS_QUERY
    )
    code = forms.TypedChoiceField(
        label=_("Status"), coerce=int, choices=[(code, str(code)) for code in (301, 302, 303, 307, 308)]
    )


class FixedResponseBlock(Block):
    """Answer without a server."""

    type = "FixedResponse"
    title = _("Fixed response")
    ends_the_rule = True
    code = forms.IntegerField(label=_("Status"), initial=503, help_text=_("200-299, 400-499 or 500-599."))
    content_type = forms.ChoiceField(label=_("Content type"), choices=[(each, each) for each in CONTENT_TYPES])
    content = forms.CharField(
        label=_("Content"),
        required=False,
        strip=False,
        max_length=1024,
        widget=forms.Textarea(attrs={"rows": 4, "class": "code-input", "spellcheck": "false"}),
        help_text=_("At most 1,024 ASCII characters."),
    )


class RewriteBlock(Block):
    """Change what is asked for."""

    type = "Rewrite"
    title = _("Rewrite")
    host = forms.CharField(label=_("Host"), max_length=128, initial=SAME_HOST, help_text=_KEEPS_HOST)
    path = forms.CharField(label=_("Path"), max_length=128, initial=SAME_PATH, help_text=_KEEPS_PATH)
    query = forms.CharField(
        label=_("Query"), max_length=128, initial=SAME_QUERY, required=False, help_text=_KEEPS_QUERY
    )


class InsertHeaderBlock(Block):
    """Set a header."""

    type = "InsertHeader"
    title = _("Set header")
    key = forms.CharField(label=_("Header"), max_length=40)
    value_type = forms.ChoiceField(
        label=_("Value is"),
        choices=[
            ("UserDefined", _("a text")),
            ("ReferenceHeader", _("that of another header")),
            ("SystemDefined", _("known to the system")),
        ],
    )
    value = forms.CharField(
        label=_("Value"),
        max_length=128,
        help_text=_("Known to the system: %(names)s.") % {"names": ", ".join(SYSTEM_VALUES)},
    )


class RemoveHeaderBlock(Block):
    """Take a header away."""

    type = "RemoveHeader"
    title = _("Remove header")
    key = forms.CharField(label=_("Header"), max_length=40)


class TrafficLimitBlock(Block):
    """Limit the requests."""

    type = "TrafficLimit"
    title = _("Limit requests")
    help = _("What comes faster is answered with 503. Each node counts for itself.")
    qps = forms.IntegerField(label=_("Requests per second"), required=False, min_value=0, max_value=1_000_000)
    per_ip_qps = forms.IntegerField(
        label=_("Requests per second of one address"), required=False, min_value=0, max_value=1_000_000
    )

    def values(self, cleaned: Mapping[str, Any]) -> Part:
        """Return the limits; an empty one is none."""
        return {name: value or 0 for name, value in cleaned.items()}


class TrafficMirrorBlock(Block):
    """Copy requests."""

    type = "TrafficMirror"
    title = _("Mirror")
    help = _("A copy of each request goes there; the answers to copies are thrown away.")
    server_group_id = GroupField(label=_("Server group"))


class CorsBlock(Block):
    """Let pages of other origins in."""

    type = "Cors"
    title = _("Cross-origin requests")
    help = _("Browsers' questions beforehand (OPTIONS) are answered here, without a server.")
    allow_origin = LinesField(
        label=_("Allowed origins"), help_text=_("https://www.example.com, one in each line; or *")
    )
    allow_methods = LinesField(label=_("Allowed methods"), initial=["GET", "HEAD"], help_text=_("One in each line."))
    allow_headers = LinesField(label=_("Allowed headers"), required=False, help_text=_("One in each line; or *"))
    expose_headers = LinesField(label=_("Exposed headers"), required=False, help_text=_("One in each line; or *"))
    allow_credentials = forms.BooleanField(label=_("Allow credentials"), required=False)
    max_age = forms.IntegerField(
        label=_("Kept by browsers (seconds)"), initial=172_800, min_value=-1, max_value=172_800
    )


ACTION_BLOCKS: Mapping[str, type[Block]] = MappingProxyType(
    {
        block.type: block
        for block in (
            ForwardGroupBlock,
            RedirectBlock,
            FixedResponseBlock,
            RewriteBlock,
            InsertHeaderBlock,
            RemoveHeaderBlock,
            TrafficLimitBlock,
            TrafficMirrorBlock,
            CorsBlock,
        )
    }
)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
