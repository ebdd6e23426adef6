"""Send requests: with the token, again where that is safe, and with refusals as exceptions."""

import time
import uuid
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from lbclient.errors import UnreachableError, refusal
from lbclient.resources import Item, Resource

_BASE = "/api/v1"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_AGAIN = frozenset({429, 502, 503, 504})
_LONGEST_WAIT = 60.0  # seconds
_JOB_SECONDS = 1.0


class Client:
    """A connection to one lbadmin. Not for several threads at once."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        timeout: float = 30.0,
        tries: int = 3,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Talk to lbadmin at ``address``; ``timeout`` is in seconds, ``tries`` how often a request is sent at most."""
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=address, headers=headers, timeout=timeout, transport=transport)
        self._tries = max(1, tries)
        self.access_keys = Resource(self, "access-keys")
        self.acme_accounts = Resource(self, "acme-accounts")
        self.alert_rules = Resource(self, "alert-rules")
        self.allowed_ranges = Resource(self, "allowed-ranges")
        self.authorities = Resource(self, "authorities")
        self.ca_certificates = Resource(self, "ca-certificates")
        self.ca_repositories = Resource(self, "ca-repositories")
        self.calendar_feeds = Resource(self, "calendar-feeds")
        self.certificate_requests = Resource(self, "certificate-requests")
        self.certificates = Resource(self, "certificates")
        self.changes = Resource(self, "changes")
        self.channels = Resource(self, "channels")
        self.contact_groups = Resource(self, "contact-groups")
        self.contacts = Resource(self, "contacts")
        self.deliveries = Resource(self, "deliveries")
        self.jobs = Resource(self, "jobs")
        self.listeners = Resource(self, "listeners")
        self.load_balancers = Resource(self, "load-balancers")
        self.nodes = Resource(self, "nodes")
        self.notices = Resource(self, "notices")
        self.quotas = Resource(self, "quotas")
        self.regional_certificates = Resource(self, "regional-certificates")
        self.renewals = Resource(self, "renewals")
        self.scans = Resource(self, "scans")
        self.security_policies = Resource(self, "security-policies")
        self.server_groups = Resource(self, "server-groups")
        self.tokens = Resource(self, "tokens")
        self.users = Resource(self, "users")
        self.watched_addresses = Resource(self, "watched-addresses")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def manifest(self) -> Item:
        """Return everything that a manifest can declare."""
        return self.request("GET", "/manifest")

    def plan_manifest(self, manifest: Mapping[str, Any], *, prune: bool = False) -> list[dict[str, Any]]:
        """Return what applying a manifest would change."""
        return self._manifest("plan", manifest, prune=prune)

    def apply_manifest(self, manifest: Mapping[str, Any], *, prune: bool = False) -> list[dict[str, Any]]:
        """Make what is stored as a manifest says, all of it or nothing; return what that changed."""
        return self._manifest("apply", manifest, prune=prune)

    def _manifest(self, verb: str, manifest: Mapping[str, Any], *, prune: bool) -> list[dict[str, Any]]:
        answer = self.request("POST", f"/manifests/{verb}", {"manifest": manifest, "prune": prune})
        return list(answer["changes"])

    def finish(
        self, path: str, body: Mapping[str, Any], *, told: Callable[[Mapping[str, Any]], None] = lambda _job: None
    ) -> Item:
        """POST a long request, such as ``/certificates/import``, as a job; return its answer once it is done.

        ``told`` hears of the job each time it is looked at: its ``state`` and its ``progress``. Raises RefusedError.
        """
        job = self.request("POST", path, body, prefer="respond-async")
        while job["finished_at"] is None:
            told(job)
            time.sleep(_JOB_SECONDS)
            job = self.request("GET", f"/jobs/{job['id']}")
        told(job)
        if job["state"] != "succeeded":
            raise refusal(job["status"] or 409, job["problem"] or {"code": "job.cancelled", "detail": job["state"]})
        return Item(self.request("GET", f"/jobs/{job['id']}/answer")["body"])

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        etag: str = "",
        prefer: str = "",
        repeatable: bool = True,
    ) -> Item:
        """Send a request below ``/api/v1`` and return the answer; empty for one without a body.

        A write carries an Idempotency-Key, so that trying again after a lost answer does nothing twice; what reaches
        out of lbadmin takes none: ``repeatable=False`` sends it once. Raises RefusedError and UnreachableError.
        """
        headers = {name: value for name, value in (("If-Match", etag), ("Prefer", prefer)) if value}
        if method in _WRITES and repeatable:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        request = self._http.build_request(method, f"{_BASE}{path}", json=body, params=query, headers=headers)
        response = self._sent(request, self._tries if repeatable else 1)
        if response.is_error:
            raise refusal(response.status_code, _problem(response))
        content = response.json() if response.content else {}
        return Item(content, etag=response.headers.get("ETag", ""))

    def _sent(self, request: httpx.Request, tries: int) -> httpx.Response:
        for attempt in range(1, tries + 1):
            try:
                response = self._http.send(request)
            except httpx.TransportError as error:
                if attempt == tries:
                    raise UnreachableError(f"{request.url.host}: {error or type(error).__name__}") from error
                time.sleep(2 ** (attempt - 1))
                continue
            if response.status_code not in _AGAIN or attempt == tries:
                break
            time.sleep(_wait(response, attempt))
        return response


def _wait(response: httpx.Response, attempt: int) -> float:
    """Return for how many seconds to wait: as long as lbadmin says, else longer each time."""
    said = response.headers.get("Retry-After", "")
    return min(float(said), _LONGEST_WAIT) if said.isdecimal() else float(2 ** (attempt - 1))


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """Return the problem of an answer; what is none, such as a proxy's page, has only its status."""
    if not response.headers.get("Content-Type", "").startswith("application/problem+json"):
        return {"detail": f"The answer is {response.status_code} {response.reason_phrase}."}
    found: Mapping[str, Any] = response.json()
    return found
