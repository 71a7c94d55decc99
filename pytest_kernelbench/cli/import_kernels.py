"""`pytest-kernelbench import`: kernels from the files of a corpus into a submission folder. No kernel is run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.corpora.importing import LEFT_OUT, import_files
from pytest_kernelbench.corpora.rows import Columns
from pytest_kernelbench.model.catalogue import Catalogue

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands

DESCRIPTION = f"""\
Turn JSON lines, JSON arrays, parquet files, or folders of these and of Python files into a submission folder.
No kernel is run.

The keys of a row decide how it is read:
  task, code                one kernel; `round` is optional here and below
  file, predict             one kernel, with a file name such as Fusion/attention.py
  instruction, predict      one kernel, named by "Wrapper Entry Information: name(...)"; also `prompt`
  task_id, before_code, after_code, from_round, to_round
                            two kernels, one for each round
`prediction`, `output`, `response`, `completion` and the like are read as `predict`, also as lists of samples.
--code, --task and --model name the columns of any other data set; with --model each model becomes a submission.
Rounds become round_0/, round_1/ ...; several kernels for one task without a round become sample_0/, sample_1/ ...
A task may have the name that another benchmark gives it. Code that is not valid Python is imported, too: it is a kernel
that does not load. {LEFT_OUT} in DIR has a line for each row that was left out, with the reason.
"""


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "import",
        help="turn JSON, parquet or folders of kernels into a submission",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="JSON lines, JSON array, parquet, folder")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of the submission")
    parser.add_argument("--code", metavar="COLUMN", help="column with the code, or with an answer that contains it")
    parser.add_argument("--task", metavar="COLUMN", help="column with the name of the task, or with the prompt")
    parser.add_argument("--model", metavar="COLUMN", help="column with the model; each becomes DIR/MODEL")
    parser.add_argument("--url", metavar="URL", help="where the kernels were published, for submission.toml")
    parser.add_argument("--licence", metavar="NAME", help="licence of the kernels (SPDX), for submission.toml")
    parser.add_argument("--force", action="store_true", help="write into DIR even if it is not empty")
    parser.add_argument("--tracked", action="store_true", help="write no .gitignore that keeps DIR out of git")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Import the files and print the summary; return 1 if there was no kernel to import, else 0."""
    columns = Columns(arguments.code, arguments.task, arguments.model)
    given = {"url": arguments.url, "licence": arguments.licence}
    summary = import_files(
        arguments.files,
        arguments.into,
        Catalogue.find(),
        force=arguments.force,
        tracked=arguments.tracked,
        columns=columns,
        metadata={key: value for key, value in given.items() if value},
    )
    sys.stdout.write(f"{summary.text()}\n")
    return 0 if summary.kernels else 1
