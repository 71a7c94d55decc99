"""The command line `pytest-kernelbench`: everything around a test run that is not a test run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_kernelbench import __version__, doctor, evaluate_command
from pytest_kernelbench.check import QUICK, check
from pytest_kernelbench.checkup import checkup
from pytest_kernelbench.importer import import_files
from pytest_kernelbench.model.catalogue import Catalogue, default_root, is_installed
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report import command, compare
from pytest_kernelbench.report.tasks_table import tasks_table
from pytest_kernelbench.scaffold import new_task


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 is success, 1 a failure that was explained, 2 wrong usage."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    try:
        return int(arguments.command(arguments))
    except (KernelBenchError, OSError) as error:
        sys.stderr.write(f"pytest-kernelbench: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pytest-kernelbench", description="Around the kernels that pytest judges.")
    parser.add_argument("--version", action="version", version=f"pytest-kernelbench {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    importing = commands.add_parser(
        "import", help="turn JSON files of kernels into a submission", description=_IMPORT, formatter_class=_Raw
    )
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE", help="JSON lines, or a JSON array")
    importing.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of the submission")
    importing.add_argument("--force", action="store_true", help="write on top of a DIR that is not empty")
    importing.add_argument("--tracked", action="store_true", help="write no .gitignore that keeps DIR out of git")
    importing.set_defaults(command=_import)

    checking = commands.add_parser("check", help="judge single files quickly, as a pre-commit hook does")
    checking.add_argument("files", nargs="*", type=Path, metavar="FILE", help="kernels, or files of JSON lines")
    checking.add_argument("--facets", default=QUICK, metavar="LIST", help="facets to try (default: %(default)s)")
    checking.set_defaults(command=lambda arguments: check(arguments.files, arguments.facets))

    making = commands.add_parser("new-task", help="write the file of a new task, which runs as it is")
    making.add_argument("category", metavar="CATEGORY", help="as in Fusion or linear_algebra")
    making.add_argument("name", metavar="NAME", help="name of the task, and of the function that kernels define")
    making.add_argument(
        "--into", type=Path, metavar="DIR", help=f"folder of tasks (default: {_OWN}; in a checkout, its own)"
    )
    making.set_defaults(command=_new_task)

    evaluate_command.declare(commands)

    listing = commands.add_parser("tasks", help="print all tasks as Markdown")
    listing.add_argument("--tasks", type=Path, metavar="DIR", help=_TASKS)
    listing.set_defaults(command=_tasks)

    reporting = commands.add_parser("report", help="make a page, JSON or Markdown from results files")
    reporting.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="results file, or folder of them")
    reporting.add_argument("--html", type=Path, metavar="FILE", help="write one page that needs nothing else")
    reporting.add_argument("--json", type=Path, metavar="FILE", help="write the same figures as JSON")
    reporting.add_argument("--markdown", action="store_true", help="print a short comment (the default)")
    reporting.add_argument("--tasks", type=Path, metavar="DIR", help=_TASKS)
    reporting.set_defaults(command=_report)

    comparing = commands.add_parser("compare", help="say what became of each kernel between two results files")
    comparing.add_argument("old", type=Path, metavar="OLD", help="results file, or folder of them")
    comparing.add_argument("new", type=Path, metavar="NEW", help="the same, made later")
    comparing.add_argument("--fail-on", choices=compare.FAIL_ON, default="worse", help="exit with 1 if any is this")
    comparing.add_argument("--json", action="store_true", help="print JSON in the place of a table")
    comparing.set_defaults(command=_compare)

    looking = commands.add_parser("doctor", help="try what kernels need here, and say what to do about the rest")
    looking.add_argument("--check-tasks", action="store_true", help="also run every reference on its fixed cases")
    looking.add_argument("--tasks", type=Path, metavar="DIR", help=_TASKS)
    looking.set_defaults(command=_doctor)
    return parser


_OWN = "kb_tasks"

_TASKS = "folder of tasks in the place of the ones that are shipped"

_Raw = argparse.RawDescriptionHelpFormatter

_IMPORT = """\
Turn JSON files of kernels into a submission folder. Nothing is run.

Each row is recognised by its keys:
  task, code                                       one kernel; `round` is optional here and below
  file, predict                                    one kernel, file as in Fusion/attention.py
  instruction, predict                             one kernel, named by "Wrapper Entry Information: name(...)"
  task_id, before_code, after_code, from_round, to_round   two kernels, one a round
Rounds become round_0/, round_1/ ...; several kernels of a task without a round become sample_0/, sample_1/ ...
"""


def _import(arguments: argparse.Namespace) -> int:
    summary = import_files(
        arguments.files, arguments.into, Catalogue.find(), force=arguments.force, tracked=arguments.tracked
    )
    sys.stdout.write(f"{summary.text()}\n")
    return 0 if summary.kernels else 1


def _new_task(arguments: argparse.Namespace) -> int:
    into = arguments.into or (Path(_OWN) if is_installed() else default_root())
    catalogue = Catalogue.find([into] if into.is_dir() else [])
    path = new_task(arguments.category, arguments.name, catalogue, into)
    sys.stdout.write(f"{path}\nSee docs/add-a-task.md; `pytest-kernelbench doctor --check-tasks` runs it.\n")
    return 0


def _tasks(arguments: argparse.Namespace) -> int:
    sys.stdout.write(tasks_table(_catalogue(arguments)))
    return 0


def _report(arguments: argparse.Namespace) -> int:
    catalogue, comment = _catalogue(arguments), arguments.markdown
    return command.run(arguments.results, catalogue, html=arguments.html, figures=arguments.json, comment=comment)


def _compare(arguments: argparse.Namespace) -> int:
    return compare.run(arguments.old, arguments.new, fail_on=arguments.fail_on, as_json=arguments.json)


def _catalogue(arguments: argparse.Namespace) -> Catalogue:
    return Catalogue.find([arguments.tasks] if arguments.tasks else None)


def _doctor(arguments: argparse.Namespace) -> int:
    catalogue = _catalogue(arguments)
    bad = False
    for fact in doctor.facts(len(catalogue.names())):
        sys.stdout.write(f"{fact}\n")
        sys.stdout.flush()
        bad |= fact.level == doctor.BAD
    faults = list(checkup(catalogue)) if arguments.check_tasks else []
    sys.stderr.writelines(f"pytest-kernelbench: {fault}\n" for fault in faults)
    return 1 if bad or faults else 0
