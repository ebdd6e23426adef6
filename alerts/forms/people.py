"""Forms of contacts and contact groups, and of answers to notices."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from alerts.models import Channel, Contact, ContactGroup
from alerts.people.groups import groups
from alerts.people.naming import LONGEST_NAME as LONGEST_GROUP_NAME
from alerts.people.timing import AT_ONCE, Timing
from alerts.services.acknowledgements import LONGEST_REASON
from alerts.services.contacts import LONGEST_NAME, contacts
from console.forms import StyledForm

DAY = dt.timedelta(days=1)
TAKE_ON, UNTIL = "acknowledge", "until"
SPANS = {"1d": DAY, "3d": 3 * DAY, "7d": 7 * DAY, "30d": 30 * DAY}
ANSWERS = (
    (TAKE_ON, _("I take this on: no further reminder, but an end is still told")),
    ("1d", _("Remind me in a day")),
    ("3d", _("Remind me in 3 days")),
    ("7d", _("Remind me in a week")),
    ("30d", _("Remind me in 30 days")),
    (UNTIL, _("Remind me at a time of my choice")),
)


def _choices(rows: "QuerySet[Any]") -> list[tuple[str, str]]:
    return [(str(row.pk), str(row)) for row in rows]


def _ids(rows: "QuerySet[Any]") -> list[str]:
    return [str(pk) for pk in rows.values_list("pk", flat=True)]


class ContactForm(StyledForm):
    """A contact; ``revision`` tells a save from an older page."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("Certificates whose owner bears this name, in capitals or not, are told to this contact."),
    )
    email = forms.CharField(label=_("Mail address"), max_length=320, widget=forms.EmailInput)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the installation")), *settings.LANGUAGES]
    )
    group_ids = forms.MultipleChoiceField(
        label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple, choices=lambda: _choices(groups())
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @classmethod
    def of(cls, contact: Contact) -> "ContactForm":
        """Return the form of a stored contact."""
        initial = {name: getattr(contact, name) for name in ("name", "email", "language", "revision")}
        return cls(initial=initial | {"group_ids": _ids(contact.groups.order_by("name"))})


class GroupForm(StyledForm):
    """A contact group: who belongs to it, and when it wants to be told."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_GROUP_NAME)
    contact_ids = forms.MultipleChoiceField(
        label=_("Contacts"), required=False, widget=forms.CheckboxSelectMultiple, choices=lambda: _choices(contacts())
    )
    channel_ids = forms.MultipleChoiceField(
        label=_("Channels"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: _choices(Channel.objects.filter(contact=None)),
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        initial="UTC",
        widget=forms.TextInput(attrs={"list": "time-zones", "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("All times of this group are of this zone, in summer and winter."),
    )
    pace = forms.ChoiceField(label=_("When"), choices=ContactGroup.Pace.choices, initial=AT_ONCE)
    digest_at = forms.TimeField(
        label=_("Digest at"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    digest_weekday = forms.ChoiceField(
        label=_("Day of a weekly digest"),
        required=False,
        choices=[("", "—"), *((str(number), name) for number, name in WEEKDAYS.items())],
    )
    quiet_from = forms.TimeField(
        label=_("Quiet from"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=_("Nothing is sent between the two; they may span midnight. What comes then goes out at their end."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @classmethod
    def of(cls, group: ContactGroup) -> "GroupForm":
        """Return the form of a stored group."""
        own = ("name", "time_zone", "pace", "digest_at", "digest_weekday", "quiet_from", "quiet_until", "revision")
        members = {
            "contact_ids": _ids(group.contacts.order_by("name")),
            "channel_ids": _ids(group.channels.order_by("name")),
        }
        return cls(initial={name: getattr(group, name) for name in own} | members)

    @property
    def timing(self) -> Timing:
        """When the group wants to be told, as the form says."""
        data = self.cleaned_data
        return Timing(
            time_zone=data["time_zone"].strip(),
            quiet_from=data["quiet_from"],
            quiet_until=data["quiet_until"],
            pace=data["pace"],
            digest_at=data["digest_at"],
            digest_weekday=int(data["digest_weekday"]) if data["digest_weekday"] else None,
        )

    @property
    def values(self) -> dict[str, Any]:
        """What the services take, but for the revision."""
        data = self.cleaned_data
        return {name: data[name] for name in ("name", "contact_ids", "channel_ids")} | {"timing": self.timing}


class AnswerForm(StyledForm):
    """What somebody says to notices: taken on, or later; with a reason."""

    answer = forms.ChoiceField(label=_("Answer"), widget=forms.RadioSelect, choices=ANSWERS, initial=TAKE_ON)
    until = forms.DateTimeField(
        label=_("Remind me at (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        help_text=_(
            "Who does what, such as “Ana has ordered the new one”. Everybody who looks at the notice reads it."
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the time where the answer needs one."""
        data = super().clean() or {}
        if data.get("answer") == UNTIL and not data.get("until") and "until" not in self.errors:
            self.add_error("until", _("Give a time."))
        return data

    @property
    def snoozed_until(self) -> dt.datetime | None:
        """The end of the snooze; None for an acknowledgement."""
        answer = self.cleaned_data["answer"]
        if answer == TAKE_ON:
            return None
        chosen: dt.datetime | None = self.cleaned_data["until"]
        return chosen if answer == UNTIL else timezone.now() + SPANS[answer]


def names_of(model: type[Model]) -> list[str]:
    """Return the names of all rows of a kind, sorted."""
    return list(model._default_manager.order_by("name").values_list("name", flat=True))  # noqa: SLF001
