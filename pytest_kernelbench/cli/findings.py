"""`pytest-kernelbench findings`: a Markdown page of what results files say about the kernels of some corpora."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.cli.arguments import add_tasks, catalogue_of
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report.findings import findings
from pytest_kernelbench.report.published import read
from pytest_kernelbench.report.results import load
from pytest_kernelbench.report.text import visible

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("findings", help="print what results files say about corpora of kernels, as Markdown")
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="results file, or folder of them")
    parser.add_argument("--about", metavar="TEXT", help="paragraph on where the kernels come from")
    parser.add_argument(
        "--published", type=Path, metavar="FILE",
        help="JSON lines with published verdicts: the `code` of a kernel, and `exe_ok`, whether it passed",
    )  # fmt: skip
    add_tasks(parser)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the page; raises `KernelBenchError` where there are no verdicts."""
    results = load(arguments.results, catalogue_of(arguments))
    if not any(record.kind == "correctness" and record.status != "missing" for record in results.records):
        raise KernelBenchError("; ".join(map(visible, results.notes)) or "no verdicts")
    command = ["pytest-kernelbench", "findings", *(path.name for path in arguments.results)]
    published = None
    if arguments.published is not None:
        command += ["--published", arguments.published.name]
        published = read(arguments.published)
    sys.stdout.write(findings(results, shlex.join(command), arguments.about, published))
    return 0
