"""Walking the pages as a browser without JavaScript does."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from listeners.models import LoadBalancer


def hidden(answer: Any, name: str) -> str:
    """Return the value of a hidden input of the page."""
    found = re.search(rf'<input\s+type="hidden"\s+name="{name}"\s+value="([^"]*)"', answer.text)
    assert found, f"no hidden input {name}"
    return found[1]


def opened(answer: Any) -> dict[str, str]:
    """Return what an editing page sends back of how it was opened."""
    return {name: hidden(answer, name) for name in ("revision", "opened")}


class Wizard:
    """The Create listener wizard in one browser tab."""

    def __init__(self, client: Client, balancer: LoadBalancer) -> None:
        self.client = client
        start = client.get(reverse("listener-create", args=[balancer.pk]))
        self.draft = start["Location"].split("/")[-3]
        self.balancer = balancer

    def url(self, step: str) -> str:
        """Return the address of a step."""
        return reverse("listener-create-step", args=[self.balancer.pk, self.draft, step])

    def get(self, step: str, query: str = "") -> Any:
        """Open a step, following redirects."""
        return self.client.get(self.url(step) + query, follow=True)

    def send(self, step: str, go: str = "next", **values: Any) -> Any:
        """Press a button of a step; the answer's redirect is not followed."""
        return self.client.post(self.url(step), {"go": go, **values})


SETTINGS = {"name": "", "idle_timeout_seconds": "900", "connections_per_second": "0", "alpn_policy": ""}
