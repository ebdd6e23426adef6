"""What templates can show."""

import datetime as dt

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.utils import translation

from console.durations import words
from console.errors import InvalidInputError
from console.forms import StyledForm, add_domain_error

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("left", "word", "colour"),
    [
        (dt.timedelta(seconds=-1), "Expired", "red"),
        (dt.timedelta(hours=23), "1 d", "red"),
        (dt.timedelta(days=6), "7 d", "orange"),
        (dt.timedelta(days=29), "30 d", "yellow"),
        (dt.timedelta(days=31), "OK", "green"),
    ],
)
def test_a_badge_says_in_words_how_near_the_end_is(left: dt.timedelta, word: str, colour: str) -> None:
    with time_machine.travel(NOW, tick=False):
        shown = render("{{ end|expiry_badge }}", end=NOW + left)
    assert f"</span>{word}</span>" in shown
    assert f"pill-{colour}" in shown
    assert "UTC" in shown


def test_a_pill_escapes_what_it_shows() -> None:
    assert "&lt;script&gt;" in render('{% pill "red" word %}', word="<script>")


def test_a_copy_button_carries_the_whole_value() -> None:
    shown = render("{% copy value %}", value='a"b')
    assert 'data-copy="a&quot;b"' in shown


def test_a_time_is_shown_in_utc_whatever_its_zone() -> None:
    elsewhere = NOW.astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert "2026-03-01 12:00 " in render("{{ at|timestamp }}", at=elsewhere)


def test_no_time_is_a_dash() -> None:
    assert render("{{ at|timestamp }}{{ at|ago }}{{ at|expiry_badge }}{{ at|milliseconds }}", at=None) == "————"


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (dt.timedelta(seconds=1), "1 second"),
        (dt.timedelta(minutes=5), "5 minutes"),
        (dt.timedelta(hours=47), "47 hours"),
        (dt.timedelta(days=89), "89 days"),
        (dt.timedelta(days=365), "12 months"),
        (dt.timedelta(days=3650), "10 years"),
    ],
)
def test_a_duration_is_said_in_its_largest_sensible_unit(span: dt.timedelta, expected: str) -> None:
    assert words(span) == words(-span) == expected


def test_an_icon_is_drawn_inline_and_hidden_from_screen_readers() -> None:
    shown = render('{% icon "plus" %}')
    assert shown.startswith("<svg")
    assert 'aria-hidden="true"' in shown


def test_a_fingerprint_is_shown_in_pairs() -> None:
    assert render("{{ value|fingerprint }}", value="ab12ff") == "AB:12:FF"


class SampleForm(StyledForm):
    name = forms.CharField(help_text="What it is called.")
    agreed = forms.BooleanField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    size = forms.ChoiceField(choices=[("s", "S")], required=False)


def test_a_field_is_shown_with_label_help_and_errors_tied_to_it() -> None:
    shown = render("{% field form.name %}", form=SampleForm({}))
    assert 'for="id_name"' in shown
    assert 'aria-invalid="true"' in shown
    assert "is-invalid" in shown
    assert 'aria-describedby="id_name_helptext id_name_error"' in shown
    assert 'id="id_name_error"' in shown
    assert 'id="id_name_helptext"' in shown


def test_every_kind_of_widget_gets_its_class() -> None:
    form = SampleForm()
    shown = render("{% field form.agreed %}{% field form.kind %}{% field form.size %}", form=form)
    assert shown.count("form-check-input") == 3
    assert "form-select" in shown
    assert "<fieldset" in shown


def test_an_optional_field_says_so() -> None:
    assert "optional" in render("{% field form.size %}", form=SampleForm())
    assert "optional" not in render("{% field form.name %}", form=SampleForm())


def test_a_refusal_is_put_at_its_field_with_the_way_out() -> None:
    form = SampleForm({"name": "x", "kind": "a"})
    add_domain_error(
        form, InvalidInputError("Taken.", "name.taken", field="title", way_out="Choose another."), {"title": "name"}
    )
    assert form.errors["name"] == ["Taken. Choose another."]


def test_a_refusal_of_no_field_of_the_form_stands_above_it() -> None:
    form = SampleForm({"name": "x", "kind": "a"})
    add_domain_error(form, InvalidInputError("Full.", "quota.full", field="elsewhere"))
    assert form.non_field_errors() == ["Full."]


def test_an_empty_state_offers_one_thing_to_do() -> None:
    shown = render('{% empty_state title="Nothing" text="yet" url="/x/" action="Do" icon="plus" %}')
    assert shown.count("<a ") == 1
    assert 'href="/x/"' in shown


def test_badges_follow_the_language() -> None:
    with time_machine.travel(NOW, tick=False), translation.override("zh-hans"):
        assert "已过期" in render("{{ end|expiry_badge }}", end=NOW - dt.timedelta(days=1))
