"""Forms of load balancers: they read what was typed; the services decide what may be stored."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.forms import StyledForm
from listeners.models import LoadBalancer
from listeners.models.load_balancer import Edition, Product
from listeners.products import UPGRADES


class TagsField(forms.CharField):
    """Tags as text, one ``key=value`` a line; cleaned, keys and values."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=gettext_lazy("Tags"),
            required=False,
            max_length=8000,
            widget=forms.Textarea(attrs={"rows": 3, "class": "mono tags-input", "placeholder": "team=payments"}),
            help_text=gettext_lazy("To find and group by: one key=value a line, 20 at most."),
            **options,
        )

    def clean(self, value: Any) -> dict[str, str]:
        """Return the tags by key; refuse a key that comes twice, or an empty one."""
        tags: dict[str, str] = {}
        for line in filter(None, map(str.strip, super().clean(value).splitlines())):
            key, _sign, worth = (part.strip() for part in line.partition("="))
            if not key or key in tags:
                message = _("“%(line)s” has no key.") if not key else _("The key “%(key)s” comes twice.")
                raise forms.ValidationError(message % {"line": line[:60], "key": key[:60]})
            tags[key] = worth
        return tags

    def prepare_value(self, value: Any) -> Any:
        """Show stored tags as text."""
        return text_of(value) if isinstance(value, Mapping) else value


def text_of(tags: Mapping[str, str]) -> str:
    """Return tags as the form writes them."""
    return "\n".join(f"{key}={value}" if value else key for key, value in sorted(tags.items()))


class LoadBalancerForm(StyledForm):
    """The settings of a load balancer."""

    edition = forms.ChoiceField(label=gettext_lazy("Edition"), required=False)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=128,
        help_text=gettext_lazy("2 to 128 characters, starting with a letter: letters, digits, “.”, “_” and “-”."),
    )
    bind_address = forms.CharField(
        label=gettext_lazy("Bind address"),
        max_length=45,
        initial="0.0.0.0",  # noqa: S104 - offered to the operator, who decides
        help_text=gettext_lazy("The local IPv4 or IPv6 address that listeners accept on; 0.0.0.0 or :: is every one."),
    )
    region = forms.CharField(
        label=gettext_lazy("Region"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("Empty: the region of this installation."),
    )
    tags = TagsField()
    deletion_protection = forms.BooleanField(
        label=gettext_lazy("Deletion protection"),
        required=False,
        help_text=gettext_lazy("Nobody can delete it, by page, REST or command, until this is off again."),
    )
    deletion_protection_reason = forms.CharField(label=gettext_lazy("Reason"), max_length=128, required=False)
    modification_protection = forms.BooleanField(
        label=gettext_lazy("Modification protection"),
        required=False,
        help_text=gettext_lazy("Pages change nothing of it and of its listeners; REST and commands still do."),
    )
    modification_protection_reason = forms.CharField(label=gettext_lazy("Reason"), max_length=128, required=False)

    def __init__(self, *args: Any, editions: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["edition"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(edition, Edition(edition).label) for edition in editions]
        if not editions:
            del self.fields["edition"]

    def clean(self) -> dict[str, Any]:
        """Keep the reason of a protection only with the protection."""
        cleaned = super().clean() or {}
        for name in ("deletion_protection", "modification_protection"):
            if not cleaned.get(name):
                cleaned[f"{name}_reason"] = ""
        return cleaned


class CreateLoadBalancerForm(LoadBalancerForm):
    """A load balancer to be: its product, and of an ALB the edition, are chosen first."""

    product = forms.ChoiceField(
        label=gettext_lazy("Product"), choices=Product.choices, required=False, initial=Product.NLB
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, editions=tuple(Edition.values), **options)
        self.fields["edition"].initial = Edition.STANDARD

    def clean(self) -> dict[str, Any]:
        """Take the edition of an Application Load Balancer alone; its choice is always part of the page."""
        cleaned = super().clean()
        cleaned["product"] = cleaned.get("product") or Product.NLB.value
        if cleaned["product"] != Product.ALB:
            cleaned["edition"] = ""
        return cleaned


def editions_of(balancer: LoadBalancer) -> tuple[str, ...]:
    """Return the editions that it has or can be upgraded to, itself first; none where there is one only."""
    if not balancer.edition:
        return ()
    return (balancer.edition, *(str(edition) for edition in UPGRADES[Edition(balancer.edition)]))
