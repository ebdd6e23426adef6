"""Declare load balancers in a file: see what differs, apply it, and write what is stored as such a file."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from typing_extensions import override

from console.errors import DomainError
from console.terminal import progress_bar
from events.actor import COMMAND
from manifests.completion import completion
from manifests.document import stored_document
from manifests.listing import KINDS, shown_entry, table
from manifests.reading import Path as Place
from manifests.reading import UnreadableError, checked_manifest, line_of, read_object
from manifests.schemas import Manifest
from manifests.services import Outcome, apply_manifest, plan_manifest
from manifests.words import plan_lines
from manifests.writing import as_yaml, dumped

FAILED, DIFFERENT = 1, 2
_EXITS = "Exit codes: 0 done, or nothing to do; 1 an error, and nothing was stored; 2 `diff` found differences."


class _Parser(CommandParser):
    """Leaves with 1 where the command line is wrong: 2 is what `diff` says of differences."""

    @override
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(FAILED, f"{self.prog}: {message}\n")


class Command(BaseCommand):
    """Print tables, YAML or JSON on standard output; progress and questions on standard error."""

    help = f"List and show what is stored, and apply, compare and export manifests. {_EXITS}"

    @override
    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = _Parser
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one action with its own options."""
        self._parser = parser
        actions = parser.add_subparsers(dest="action", required=True, parser_class=_Parser)
        listing = actions.add_parser("list", help="list the objects of a kind")
        showing = actions.add_parser("show", help="show one object, by its name as `list` prints it")
        for each in (listing, showing):
            each.add_argument("kind", choices=list(KINDS))
        showing.add_argument("name")
        diff = actions.add_parser("diff", help="say what `apply` would change, and change nothing")
        apply = actions.add_parser("apply", help="make what is stored as the file says, all of it or nothing")
        for each in (diff, apply):
            each.add_argument("-f", "--file", required=True, metavar="FILE", help="YAML or JSON; - is standard input")
            each.add_argument("--prune", action="store_true", help="delete what is stored and not in the file")
        apply.add_argument("--yes", action="store_true", help="do not ask")
        export = actions.add_parser("export", help="write what is stored as a manifest")
        export.add_argument("-o", "--to", metavar="FILE", help="a file instead of standard output")
        for each in (listing, showing, diff, apply, export):
            each.add_argument("--output", choices=["table", "json"], default="table", help="json: for programs")
        shells = actions.add_parser("completion", help="print a script that completes this command in a shell")
        shells.add_argument("shell", choices=["bash", "zsh"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action."""
        try:
            getattr(self, f"_{options['action']}")(options)
        except DomainError as error:
            raise CommandError(str(error)) from None

    def _list(self, options: dict[str, Any]) -> None:
        rows = [entry for _name, entry in KINDS[options["kind"]].entries()]
        if options["output"] == "json":
            self._json(rows)
        else:
            self.stdout.write("\n".join(table(KINDS[options["kind"]].columns, rows)))

    def _show(self, options: dict[str, Any]) -> None:
        entry = shown_entry(options["kind"], options["name"])
        if options["output"] == "json":
            self._json(entry)
        else:
            self.stdout.write(dumped(entry), ending="")

    def _export(self, options: dict[str, Any]) -> None:
        document = stored_document()
        text = as_yaml(document)
        if options["output"] == "json":
            text = json.dumps({"version": 1, **document}, ensure_ascii=False, indent=2) + "\n"
        if options["to"]:
            Path(options["to"]).write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text, ending="")

    def _diff(self, options: dict[str, Any]) -> None:
        with self._manifest(options["file"]) as manifest:
            outcome = plan_manifest(COMMAND, manifest, prune=options["prune"])
        self._tell(outcome, options)
        if outcome.changes:
            sys.exit(DIFFERENT)

    def _apply(self, options: dict[str, Any]) -> None:
        with self._manifest(options["file"]) as manifest:
            plan = None
            if not options["yes"]:
                plan = plan_manifest(COMMAND, manifest, prune=options["prune"])
                if not self._is_wanted(plan, options):
                    return
            outcome = apply_manifest(COMMAND, manifest, prune=options["prune"], expected=plan)
        if plan is None:
            self._tell(outcome, options)
        elif options["output"] == "table":
            self.stdout.write(_("Done."))

    def _completion(self, options: dict[str, Any]) -> None:
        self.stdout.write(completion(self._parser, options["shell"]), ending="")

    def _is_wanted(self, plan: Outcome, options: dict[str, Any]) -> bool:
        """Show a plan and ask; what cannot be asked is refused."""
        self._tell(plan, options)
        if not plan.changes:
            return False
        if not sys.stdin.isatty() or options["file"] == "-":
            raise CommandError(_("Nothing was stored: nobody can be asked here. Add --yes to apply this."))
        self.stderr.write(_("Apply this? [y/N] "), ending="")
        if input().strip().lower() not in {"y", "yes"}:
            raise CommandError(_("Nothing was stored."))
        return True

    def _tell(self, outcome: Outcome, options: dict[str, Any]) -> None:
        if options["output"] == "json":
            self._json([asdict(change) for change in outcome.changes])
        else:
            self.stdout.write("\n".join(plan_lines(outcome.changes)))

    def _json(self, value: Any) -> None:
        self.stdout.write(json.dumps(value, ensure_ascii=False, indent=2))

    @contextmanager
    def _manifest(self, name: str) -> Iterator[Manifest]:
        """Yield the manifest of a file; what is refused meanwhile names the file, the line, and the way out."""
        lines: dict[Place, int] = {}
        try:
            text = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            data, lines = read_object(text)
            manifest = checked_manifest(data)
            with progress_bar():
                yield manifest
        except OSError as error:
            raise CommandError(_("%(file)s: %(reason)s") % {"file": name, "reason": error.strerror}) from None
        except UnreadableError as error:
            raise CommandError(_at(name, error.line, "", error)) from None
        except DomainError as error:
            told = [_at(name, line_of(part.field, lines), part.field, part) for part in error.parts or [error]]
            raise CommandError("\n".join([*told, _("Nothing was stored.")])) from None


def _at(name: str, line: int, field: str, error: DomainError) -> str:
    place = f"{name}:{line}" if line else name
    return ": ".join(filter(None, (place, field, str(error))))
