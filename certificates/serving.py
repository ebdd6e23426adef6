"""Who serves names with a certificate: a port that the layers above answer, asked before names are lost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Serving:
    """An object that serves a name with a certificate: its page, and which other certificate there covers the name."""

    object_id: str
    label: str
    page: str  # the name of its page's address
    instead: str = ""  # another certificate's name; empty: none covers it there

    @property
    def url(self) -> str:
        """The page of the object."""
        return reverse(self.page, args=[self.object_id])


# Takes a certificate's id and names of it; says who serves each of them with this certificate.
Provider = Callable[[str, Sequence[str]], Mapping[str, Sequence[Serving]]]

_providers: list[Provider] = []


def register_serving(provider: Provider) -> None:
    """Have ``provider`` asked who serves names with a certificate; called in ``ready()``, once a process."""
    if provider not in _providers:
        _providers.append(provider)


def servings_of(certificate_id: str, names: Sequence[str]) -> dict[str, list[Serving]]:
    """Return who serves each name with this certificate, an empty list for a name that nobody serves."""
    servings: dict[str, list[Serving]] = {name: [] for name in names}
    for provider in _providers if names else ():
        for name, found in provider(certificate_id, names).items():
            servings[name].extend(found)
    return servings
