"""What the commands of load balancers, listeners and certificates share: options, and how a refusal is printed."""

from argparse import Action, ArgumentParser, Namespace
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError

from console.errors import DomainError

SWITCH = {"on": True, "off": False}


@contextmanager
def refusals() -> Iterator[None]:
    """Print a refusal as a command does: the field at fault, what is wrong, and the way out."""
    try:
        yield
    except DomainError as error:
        where = f"{error.field}: " if error.field else ""
        raise CommandError(f"{where}{error}") from None


class _Switch(Action):
    """Take “on” and “off” as what they mean; other options may have such a text as their value."""

    def __call__(self, _parser: ArgumentParser, taken: Namespace, value: Any, _option: str | None = None) -> None:
        setattr(taken, self.dest, SWITCH[value])


def add_switch(parser: ArgumentParser, name: str, help_text: str = "", *, dest: str = "") -> None:
    """Add an option that is on, off, or left as it is."""
    own = dest or name.replace("-", "_")
    parser.add_argument(f"--{name}", dest=own, action=_Switch, choices=list(SWITCH), help=help_text)


def add_tags(parser: ArgumentParser) -> None:
    """Add the option of tags."""
    parser.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="repeated for each tag")


def tags_of(texts: Sequence[str]) -> dict[str, str]:
    """Return ``KEY=VALUE`` texts as tags; a key alone has no value."""
    return {key: value for key, _sign, value in (text.partition("=") for text in texts)}


def given(options: dict[str, Any], names: Sequence[str], removable: Container[str] = ()) -> dict[str, Any]:
    """Return the options that were given; “none” takes those away that are ``removable``."""
    values = {name: options[name] for name in names if options[name] is not None}
    return {name: None if value == "none" and name in removable else value for name, value in values.items()}
