"""What the ``/metrics`` page asks for figures besides the observations; layers above register themselves.

A collector is made, and so its module loaded, when the page is asked for: most processes have no such page.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

collectors: list[Callable[[], "Collector"]] = []


def register_collector(make: Callable[[], "Collector"]) -> None:
    """Have the page show the figures of the collector that ``make`` returns as well."""
    collectors.append(make)
