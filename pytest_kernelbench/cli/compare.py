"""`pytest-kernelbench compare`: which kernels got better or worse between two results files."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report.compare import FAIL_ON, Change, Comparison, compare
from pytest_kernelbench.report.results import Variant, load
from pytest_kernelbench.report.text import visible

if TYPE_CHECKING:
    from rich.console import Console

    from pytest_kernelbench.cli.arguments import Commands

WIDTH = 160
"""Columns of the table where the output is not a terminal."""

HEADINGS = ("", "what", "kernel", "device", "before", "after", "what else changed")


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("compare", help="show which kernels got better or worse between two results files")
    parser.add_argument("old", type=Path, metavar="OLD", help="results file, or folder of them")
    parser.add_argument("new", type=Path, metavar="NEW", help="later results file, or folder of them")
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        default="worse",
        help="exit with status 1 if any kernel changed in this way (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the comparison; return 1 if there is a change of the kind that `--fail-on` names, else 0.

    Raises `KernelBenchError` where one side has no records.
    """
    paths = (arguments.old, arguments.new)
    results = [load([path]) for path in paths]
    for side, path, found in zip(("OLD", "NEW"), paths, results, strict=True):
        sys.stderr.writelines(f"{side}: {visible(note)}\n" for note in found.notes)
        if not found.records:
            raise KernelBenchError(f"{path}: no results to compare; expected a file that --kb-results wrote")
    comparison = compare(*results)
    failed = comparison.fails(arguments.fail_on)
    if arguments.json:
        shown = [asdict(change) for change in _changed(comparison)]
        notes = {"old": results[0].notes, "new": results[1].notes}
        document = {"counts": comparison.counts, "failed": failed, "changes": shown, "left_out": comparison.left_out}
        sys.stdout.write(json.dumps({**document, "notes": notes}, indent=1) + "\n")
    else:
        from rich.console import Console

        _print(comparison, Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False))
    return int(failed)


def _changed(comparison: Comparison) -> list[Change]:
    return [change for change in comparison.changes if change.kind != "unchanged"]


def _print(comparison: Comparison, console: Console) -> None:
    from rich.table import Table

    if changes := _changed(comparison):
        table = Table(box=None, pad_edge=False)
        for heading in HEADINGS:
            table.add_column(heading, overflow="fold")
        for change in changes:
            table.add_row(*_row(change))
        console.print(table)
    console.print(", ".join(f"{count} {kind}" for kind, count in comparison.counts.items()))
    for sentence in comparison.left_out:
        console.print(f"left out: {sentence}")


def _row(change: Change) -> tuple[str, ...]:
    kernel = f"{Variant(change.submission, change.variant).label} {change.task}"
    cause = ", ".join(change.changed) or "nothing" if change.before and change.after else ""
    cause = f"{cause}: SAME CODE, OTHER VERDICT" if change.alarm else cause
    return (change.kind, change.about, kernel, change.device, change.before or "", change.after or "", cause)
