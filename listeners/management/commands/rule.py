"""List, create, change, delete and try forwarding rules from the command line."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.actor import COMMAND
from listeners import selectors
from listeners.management.options import refusals
from listeners.models import ForwardingRule
from listeners.rule_warnings import rule_warnings
from listeners.selectors.forwarding_rules import parsed, rules_of
from listeners.services.forwarding_rules import create_rules, delete_rules, update_rules
from listeners.trials import Trial, request_from, try_request


class Command(BaseCommand):
    """Print ids and lines of tab-separated columns on standard output, warnings on standard error."""

    help = "List, create, change, delete and try forwarding rules; rules are JSON as in the REST API."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one action with its own options."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="list them: id, direction, priority, name").add_argument("listener")
        create = actions.add_parser("create", help="create one, or a list of them, and print the ids")
        create.add_argument("listener")
        create.add_argument("file", help="JSON; - is standard input")
        update = actions.add_parser("update", help="change what is given")
        update.add_argument("listener")
        update.add_argument("id")
        update.add_argument("file", help="JSON; - is standard input")
        delete = actions.add_parser("delete", help="delete some")
        delete.add_argument("listener")
        delete.add_argument("id", nargs="+")
        tried = actions.add_parser("try", help="tell which rule answers a request and what happens; nothing is sent")
        tried.add_argument("listener")
        tried.add_argument("url")
        tried.add_argument("--method", default="GET")
        tried.add_argument("--header", action="append", default=[], metavar="NAME:VALUE")
        tried.add_argument("--source-ip", default="127.0.0.1", metavar="ADDRESS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action."""
        with refusals():
            getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        for row in rules_of(selectors.listener_by_id(options["listener"])):
            self.stdout.write("\t".join((row.pk, row.direction, str(row.priority), row.name)))

    def _create(self, options: dict[str, Any]) -> None:
        read = _json(options["file"])
        made = create_rules(COMMAND, options["listener"], read if isinstance(read, list) else [read])
        self._warn(options["listener"])
        for row in made:
            self.stdout.write(row.pk)

    def _update(self, options: dict[str, Any]) -> None:
        read = _json(options["file"])
        if isinstance(read, list):
            raise CommandError(f"{options['file']} holds a list. Give the fields of one rule, as an object.")
        update_rules(COMMAND, options["listener"], {options["id"]: read})
        self._warn(options["listener"])

    def _delete(self, options: dict[str, Any]) -> None:
        delete_rules(COMMAND, options["listener"], options["id"])

    def _try(self, options: dict[str, Any]) -> None:
        headers = tuple(_header(each) for each in options["header"])
        request = request_from(options["method"], options["url"], headers, (), options["source_ip"])
        trial = try_request(selectors.listener_by_id(options["listener"]), request)
        self.stdout.write("\t".join((_name(trial.row), *_what(trial))))

    def _warn(self, listener_id: str) -> None:
        rows = rules_of(selectors.listener_by_id(listener_id))
        for warning in rule_warnings(parsed(row) for row in rows):
            self.stderr.write(warning.message)


def _json(name: str) -> Any:
    try:
        read = json.loads(sys.stdin.read() if name == "-" else Path(name).read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{name}: {error}. Give a file with a rule, or a list of rules, as JSON.") from None
    if not isinstance(read, dict) and not (isinstance(read, list) and all(isinstance(each, dict) for each in read)):
        raise CommandError(f"{name} holds no rule. Give an object, or a list of objects.")
    return read


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise CommandError(f"“{text}” has no colon. Write NAME:VALUE.")
    return name.strip(), value.strip()


def _name(row: ForwardingRule | None) -> str:
    return f"{row.pk}\t{row.name}" if row else "-\tdefault rule"


def _what(trial: Trial) -> tuple[str, ...]:
    outcome = trial.outcome
    if outcome.location:
        return "redirect", str(outcome.redirect_code), outcome.location
    if outcome.fixed:
        return "fixed response", str(outcome.fixed.code)
    shares = ",".join(f"{group.server_group_id}:{group.weight}" for group in outcome.groups)
    return "forward", shares, f"{outcome.sent.authority}{outcome.sent.target}" if outcome.sent else ""
