"""The form of a custom TLS security policy: versions and cipher suites as boxes to tick."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.forms import StyledForm
from listeners.cipher_suites import (
    ALLOWED_CIPHERS,
    CIPHERS_OF_VERSION,
    NO_FORWARD_SECRECY,
    NOT_IN_ENGINE,
    VERSIONS,
    WEAK_VERSIONS,
)


class PolicyForm(StyledForm):
    """What can be changed of a policy."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("1 to 200 characters, once in a region."))
    versions = forms.MultipleChoiceField(
        label=_("TLS versions"),
        required=False,
        choices=[(version, version) for version in reversed(VERSIONS)],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They follow each other without a gap: the engine takes a lowest and a highest one."),
    )
    ciphers = forms.MultipleChoiceField(
        label=_("Cipher suites"), required=False, choices=[(cipher, cipher) for cipher in ALLOWED_CIPHERS]
    )


class NewPolicyForm(PolicyForm):
    """What is chosen once."""

    region = forms.CharField(
        label=_("Region"),
        max_length=64,
        required=False,
        help_text=_("The policy is for listeners of this region; empty: the region of this installation."),
    )
    field_order = ("name", "region", "versions", "ciphers")


@dataclass(frozen=True, slots=True)
class Version:
    """A box of the form."""

    name: str
    is_chosen: bool

    @property
    def is_weak(self) -> bool:
        """Whether RFC 8996 says not to use it."""
        return self.name in WEAK_VERSIONS


@dataclass(frozen=True, slots=True)
class Suite:
    """A box of the form."""

    name: str
    is_chosen: bool

    @property
    def is_offered(self) -> bool:
        """Whether the engine has it."""
        return self.name not in NOT_IN_ENGINE

    @property
    def is_weak(self) -> bool:
        """Whether it lacks forward secrecy."""
        return self.name in NO_FORWARD_SECRECY


@dataclass(frozen=True, slots=True)
class SuiteGroup:
    """Suites that go with the same versions."""

    title: "str | Promise"
    suites: tuple[Suite, ...]


def version_boxes(form: PolicyForm) -> list[Version]:
    """Return the versions, the newest first."""
    chosen = form["versions"].value() or ()
    return [Version(name, name in chosen) for name in reversed(VERSIONS)]


def suite_groups(form: PolicyForm) -> list[SuiteGroup]:
    """Return every suite that can be asked for, by the versions that it goes with."""
    chosen = frozenset(form["ciphers"].value() or ())
    old = CIPHERS_OF_VERSION["TLSv1.0"]
    groups = (
        (_("TLSv1.3"), CIPHERS_OF_VERSION["TLSv1.3"]),
        (_("TLSv1.2"), [cipher for cipher in CIPHERS_OF_VERSION["TLSv1.2"] if cipher not in old]),
        (_("TLSv1.0, TLSv1.1 and TLSv1.2"), old),
    )
    return [SuiteGroup(title, tuple(Suite(name, name in chosen) for name in names)) for title, names in groups]


def ordered(chosen: Sequence[str], before: Sequence[str]) -> list[str]:
    """Return what was ticked in the order of preference: as it was before, what is new as the form lists it."""
    kept = [cipher for cipher in before if cipher in chosen]
    return kept + [cipher for cipher in ALLOWED_CIPHERS if cipher in chosen and cipher not in kept]
