"""The collections of the API, each with the same few verbs."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lbclient.errors import RefusedError

if TYPE_CHECKING:
    from lbclient.client import Client

_LARGEST_PAGE = 500
_NO_CONDITION = "request.if-match-not-applicable"  # nothing of the object itself is written, such as by issuing


class Item(dict[str, Any]):
    """An object as it was answered; ``etag`` tells its revision, for the next write."""

    def __init__(self, content: Mapping[str, Any], etag: str = "") -> None:
        super().__init__(content)
        self.etag = etag or (f'"{content["revision"]}"' if "revision" in content else "")


class Resource:
    """One collection, such as ``/listeners``. An object is named by its id, or is one that was answered."""

    def __init__(self, client: "Client", name: str) -> None:
        self._client = client
        self.path = f"/{name}"

    def list(self, **filters: Any) -> Iterator[Item]:
        """Yield every object that the filters leave, page after page."""
        cursor = ""
        while True:
            query = {"limit": _LARGEST_PAGE, **filters, "cursor": cursor}
            page = self._client.request("GET", self.path, query=query)
            yield from (Item(each) for each in page["items"])
            cursor = page["next_cursor"]
            if not cursor:
                return

    def get(self, key: "str | int | Item") -> Item:
        """Return an object."""
        return self._client.request("GET", self._of(key))

    def create(self, **fields: Any) -> Item:
        """Create an object and return it."""
        return self._client.request("POST", self.path, fields)

    def update(self, key: "str | int | Item", **fields: Any) -> Item:
        """Change the fields that are given; those of an answered object only if nobody else changed it meanwhile."""
        return self._client.request("PATCH", self._of(key), fields, etag=_revision(key))

    def delete(self, key: "str | int | Item") -> None:
        """Delete an object; one that was answered only if nobody else changed it meanwhile."""
        self._client.request("DELETE", self._of(key), etag=_revision(key))

    def look(self, key: "str | int | Item", what: str, **query: Any) -> Item:
        """Return something of an object, such as ``look(listener, "status")``."""
        return self._client.request("GET", f"{self._of(key)}/{what}", query=query)

    def act(
        self, key: "str | int | Item", verb: str, *, method: str = "POST", repeatable: bool = True, **body: Any
    ) -> Item:
        """Do something to an object, such as ``act(listener, "stop")``; ``repeatable=False`` for what reaches out.

        What changes an answered object does so only if nobody else changed it meanwhile.
        """
        path, etag = f"{self._of(key)}/{verb}", _revision(key)
        try:
            return self._client.request(method, path, body, etag=etag, repeatable=repeatable)
        except RefusedError as error:
            if not etag or error.code != _NO_CONDITION:
                raise
        return self._client.request(method, path, body, repeatable=repeatable)

    def _of(self, key: "str | int | Item") -> str:
        return f"{self.path}/{quote(str(key['id'] if isinstance(key, Item) else key), safe='')}"


def _revision(key: "str | int | Item") -> str:
    """Return the ETag of an object that was answered; a weak one, of content without a revision, is no condition."""
    return key.etag if isinstance(key, Item) and not key.etag.startswith("W/") else ""
