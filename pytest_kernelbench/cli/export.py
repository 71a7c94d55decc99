"""`pytest-kernelbench export`: results files as a data set, in JSON lines and parquet, with a card."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.cli.arguments import add_tasks, catalogue_of
from pytest_kernelbench.corpora.export import export
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report.results import load
from pytest_kernelbench.report.text import counted, visible

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands

DESCRIPTION = """\
Write the verdicts of results files as a data set that `datasets` loads: data/kernels.jsonl, data/kernels.parquet (with
pip install 'pytest-kernelbench[datasets]') and a card, README.md. The code of a kernel is copied only if it is found in
a submission of --kernels whose submission.toml names a licence that allows copies; otherwise the row refers to it by
digest, repository and path.
"""


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "export",
        help="make a data set from results files",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="results file, or folder of them")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of the data set")
    parser.add_argument(
        "--kernels", type=Path, nargs="+", default=[], metavar="FOLDER", help="submissions that hold the kernels"
    )
    parser.add_argument("--licence", metavar="NAME", help="licence of the verdicts (SPDX), for the card")
    add_tasks(parser)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the data set and print what is in it; raises `KernelBenchError` where there are no verdicts."""
    catalogue = catalogue_of(arguments)
    results = load(arguments.results, catalogue)
    if not any(record.kind == "correctness" and record.status != "missing" for record in results.records):
        raise KernelBenchError("; ".join(map(visible, results.notes)) or "no verdicts")
    sys.stderr.writelines(f"pytest-kernelbench: note: {visible(note)}\n" for note in results.notes)
    written = export(results, arguments.into, arguments.kernels, catalogue, arguments.licence)
    parquet = "JSON lines and parquet" if written.parquet else "JSON lines; no parquet, since pyarrow is not installed"
    sys.stdout.write(f"{arguments.into}: {counted(written.rows, 'verdict')}, {written.copied} with code; {parquet}\n")
    return 0
