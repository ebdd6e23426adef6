"""Write the table of operations into the docs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from cloudapi.table import with_table

PAGE = Path(__file__).resolve().parents[3] / "docs" / "cloud-api.md"


class Command(BaseCommand):
    """Change the page between its marks alone."""

    help = "Write the table of the cloud-compatible API's operations into docs/cloud-api.md."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the page."""
        PAGE.write_text(with_table(PAGE.read_text()))
