"""`pytest-kernelbench report`: an HTML page, JSON or Markdown from results files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.cli.arguments import add_tasks, catalogue_of
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report import writer
from pytest_kernelbench.report.contents import contents
from pytest_kernelbench.report.markdown import markdown
from pytest_kernelbench.report.results import load
from pytest_kernelbench.report.text import visible

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("report", help="make an HTML page, JSON or Markdown from results files")
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="results file, or folder of them")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained HTML page")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same figures as JSON")
    parser.add_argument("--markdown", action="store_true", help="print a short Markdown comment (the default)")
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="SUBMISSION",
        help="compare the others with this submission, whose records are among the results, as the expert "
        "(may be repeated: the first that solves a task has its kernel)",
    )
    add_tasks(parser)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the files that were asked for; print the comment if it was asked for, or if no file was.

    Raises `KernelBenchError` where there are no records, or none of the expert, and `OSError` for a file that cannot
    be written.
    """
    results = load(arguments.results, catalogue_of(arguments))
    if not results.records:
        raise KernelBenchError("; ".join(map(visible, results.notes)) or "no records")
    found = contents(results, arguments.against)
    sys.stderr.writelines(f"pytest-kernelbench: note: {visible(note)}\n" for note in found.notes)
    if arguments.html is not None:
        writer.write_page(found, arguments.html)
    if arguments.json is not None:
        writer.write_json(found, arguments.json)
    if arguments.markdown or (arguments.html is None and arguments.json is None):
        sys.stdout.write(markdown(found))
    return 0
