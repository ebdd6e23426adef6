"""What every importing command does: show the plan, and store it when that was asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.planning import Group, Plan, PlannedItem, plan_groups
from certificates.services.drops import import_plan
from console.errors import DomainError
from console.terminal import progress_bar
from events.actor import COMMAND


class PlanningCommand(BaseCommand):
    """Show the plan on standard error; with --yes store it, and print the ids on standard output."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the agreement."""
        parser.add_argument("--yes", action="store_true", help="import what the plan shows")

    def groups(self, options: dict[str, Any]) -> Sequence[Group]:
        """Return the files to plan."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, show, and store."""
        try:
            with progress_bar():
                self._handle(options)
        except DomainError as error:
            raise CommandError(str(error)) from None

    def _handle(self, options: dict[str, Any]) -> None:
        plan = plan_groups(self.groups(options))
        self._show(plan)
        if not plan.items:
            raise CommandError("There is nothing to import.")
        if all(item.stored for item in plan.items):
            self.stderr.write("Nothing is new. Nothing was stored.")
        elif not plan.chosen:
            raise CommandError("Nothing was stored: what is new lacks something, as the plan says.")
        elif not options["yes"]:
            self.stderr.write(f"Nothing was stored. To import {len(plan.chosen)}, repeat the command with --yes.")
        else:
            for imported in import_plan(COMMAND, plan):
                self.stdout.write(imported.certificate.pk)

    def _show(self, plan: Plan) -> None:
        for item in plan.items:
            self.stderr.write(_line(item))
            for warning in item.warnings if item.stored is None else ():
                self.stderr.write(f"    warning: {warning.message} [{warning.code}]")
        for omission in plan.left_out:
            where = f"{omission.source}: " if omission.source else ""
            self.stderr.write(
                f"left out: {where}{omission.message} {omission.way_out}".rstrip() + f" [{omission.code}]"
            )


def _line(item: PlannedItem) -> str:
    leaf, chain = item.item.bundle.leaf.description, item.item.bundle.chain
    if item.stored:
        return f"stored:   {leaf.label} is “{item.stored.name}” ({item.stored.pk})"
    verb = "import:  " if item.is_chosen else "not now: "
    key = "" if item.kind == "ca" else (", with key" if item.has_key else ", without key")
    name = f" as “{item.name}”" if item.name else ""
    names = f", {len(leaf.names)} names" if len(leaf.names) > 1 else ""
    intermediates = f"{len(chain)} intermediate{'s' * (len(chain) != 1)}"
    return (
        f"{verb} {leaf.label}{name} ({item.kind}{names}, {leaf.key_algorithm} {leaf.key_bits}{key}, {intermediates}, "
        f"ends {leaf.not_after:%Y-%m-%d}) from {', '.join(filter(None, item.item.sources))}"
    )


def path_argument(parser: CommandParser, metavar: str, text: str) -> None:
    """Take one path."""
    parser.add_argument("path", metavar=metavar, type=Path, help=text)
