"""Notice what a page does that it should not."""

from playwright.sync_api import ConsoleMessage, Page, Request


class Watch:
    """Collect console errors (violations of the content security policy among them) and foreign requests."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.problems: list[str] = []

    def follow(self, page: Page) -> None:
        """Listen to everything that ``page`` says and asks for."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # A refused form is answered by 422, which the browser reports as an error to load.
        if message.type == "error" and "422" not in message.text:
            self.problems.append(message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:")):
            self.problems.append(f"asked for {request.url}")
