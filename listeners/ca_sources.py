"""Where a listener's CA certificate may come from: a private authority here, or a third party's repository."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authorities.models import Authority, Repository
from authorities.selectors import ca_choices
from certificates.models import Certificate
from console.ids import is_id


class CaSource(models.TextChoices):
    """The two sources, as the wizard asks for them."""

    AUTHORITY = "authority", _("Private authority")
    THIRD_PARTY = "third-party", _("Third-party")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A source and, of third parties, perhaps one repository; ``repositories`` are those to choose from."""

    source: str
    repository_id: str = ""
    repositories: Sequence[Repository] = ()

    @property
    def sources(self) -> list[tuple[str, Any]]:
        """The values and labels of the choice."""
        return [(str(value), label) for value, label in CaSource.choices]

    def apply(self, found: QuerySet[Certificate]) -> QuerySet[Certificate]:
        """Leave the CA certificates of the source alone."""
        if self.source == CaSource.AUTHORITY:
            return found.filter(pk__in=ca_choices(self.source).order_by().values("pk"))
        if self.repository_id:
            return found.filter(pk__in=ca_choices(self.source, self.repository_id).order_by().values("pk"))
        return found.filter(authority__isnull=True)


def narrowing(source: str, repository_id: str = "", chosen_id: str = "") -> Narrowing:
    """Return the narrowing that was asked for; a source that was not asked for is that of the certificate chosen.

    Without either it is the private authorities, where there are any.
    """
    if source not in CaSource.values:
        source = CaSource.AUTHORITY if _is_private(chosen_id) else CaSource.THIRD_PARTY
    repositories = list(Repository.objects.order_by("name", "id"))
    is_known = source == CaSource.THIRD_PARTY and any(repository.pk == repository_id for repository in repositories)
    return Narrowing(source, repository_id if is_known else "", repositories)


def _is_private(certificate_id: str) -> bool:
    authorities = Authority.objects.all()
    if is_id(certificate_id):
        authorities = authorities.filter(certificate_id=certificate_id)
    return authorities.exists()
