"""The filters of the list of certificates, as its address has them."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.finding import ALGORITHMS, ANY_HINT, Criteria
from certificates.hint_words import WORDS
from certificates.models import Kind
from console.forms import StyledForm

Choices = Sequence[tuple[str, str | Promise]]

STATES: Choices = (
    ("", _("Any state")),
    ("expired", _("Expired")),
    ("expiring", _("Expiring")),
    ("not-yet-valid", _("Not yet valid")),
    ("ok", _("OK")),
)
# What the filter was called before it could do more; addresses that people kept still work.
FORMER_WINDOWS: dict[str, dict[str, str]] = {
    "expired": {"state": "expired"},
    **{days: {"state": "expiring", "within_days": days} for days in ("7", "30", "90")},
}
BEHIND_MORE = (
    "covers", "name", "part", "issuer", "owner", "tag", "algorithm", "use", "within_days", "ends_from", "ends_to",
    "fingerprint", "spki", "serial",
)  # fmt: skip


def _text(label: Any, placeholder: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": placeholder, "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, max_length=300, widget=widget)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class FilterForm(StyledForm):
    """What a list is narrowed by; a filter that cannot be read is said and left out."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *Kind.choices])
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    hint = forms.ChoiceField(
        label=_("Health"),
        required=False,
        choices=[
            ("", _("Any health")),
            (ANY_HINT, _("Needs attention")),
            *((code, words.title) for code, words in WORDS.items()),
        ],
    )
    covers = _text(_("Covers host"), "shop.example.com")
    name = _text(_("Name is exactly"), "*.example.com")
    part = _text(_("Name contains"), "example")
    issuer = _text(_("Issuer contains"))
    owner = _text(_("Owner"))
    tag = _text(_("Tag"), _("key or key=value"))
    fingerprint = _text(_("SHA-256"))
    spki = _text(_("Public key SHA-256"))
    serial = _text(_("Serial number"))
    algorithm = _text(_("Key"), "RSA 2048")
    use = forms.ChoiceField(
        label=_("Use"), required=False, choices=(("", _("Any use")), ("used", _("Used")), ("unused", _("Unused")))
    )
    within_days = forms.IntegerField(label=_("Expiring within days"), required=False, min_value=0, max_value=36_500)
    ends_from = _day(_("Ends from"))
    ends_to = _day(_("Ends to"))

    def __init__(self, data: Any) -> None:
        super().__init__({**data.dict(), **FORMER_WINDOWS.get(data.get("expires", ""), {})}, auto_id="filter-%s")
        self.fields["algorithm"].widget.attrs["list"] = "algorithms"
        self.query = str(data.get("q", ""))[:500]

    def criteria(self) -> Criteria:
        """Return what is asked for by the filters that can be read."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value not in {"", None}}
        return Criteria(query=self.query, **given)

    @property
    def more(self) -> Iterator[forms.BoundField]:
        """The filters behind “More filters”."""
        return (self[name] for name in BEHIND_MORE)

    @property
    def uses_more(self) -> bool:
        """Whether one of them is used or cannot be read."""
        return any(self.data.get(name) for name in BEHIND_MORE)

    @property
    def algorithms(self) -> Sequence[str]:
        """What the key can be."""
        return ALGORITHMS
