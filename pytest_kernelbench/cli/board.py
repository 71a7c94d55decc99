"""`pytest-kernelbench board`: results files of many submissions as a folder of static pages."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.cli.arguments import add_tasks, catalogue_of
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report.results import load
from pytest_kernelbench.report.text import visible

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("board", help="make a folder of static pages that rank many submissions")
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="results file, or folder of them")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of the pages")
    parser.add_argument("--title", default="Kernel board", metavar="TEXT", help="title (default: %(default)s)")
    add_tasks(parser)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the pages and print where; raises `KernelBenchError` where there are no records."""
    from pytest_kernelbench.report.board import write_board

    results = load(arguments.results, catalogue_of(arguments))
    if not any(record.status != "missing" for record in results.records):
        raise KernelBenchError("; ".join(map(visible, results.notes)) or "no records")
    pages = write_board(results, arguments.into, arguments.title)
    sys.stdout.write(f"{arguments.into / 'index.html'}: {pages} pages\n")
    return 0
