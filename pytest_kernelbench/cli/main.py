"""The entry point `pytest-kernelbench`: assembles the commands and runs one of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pytest_kernelbench import __version__
from pytest_kernelbench.cli import (
    board,
    check,
    compare,
    doctor,
    evaluate,
    export,
    findings,
    import_kernels,
    new_task,
    report,
    tasks,
)
from pytest_kernelbench.model.errors import KernelBenchError

COMMANDS = (import_kernels, check, new_task, evaluate, tasks, report, compare, board, export, findings, doctor)
"""Modules of the commands, in the order of the help text."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 for success, 1 for a failure with a message, 2 for wrong usage."""
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
    parser = argparse.ArgumentParser(
        prog="pytest-kernelbench",
        description="Judge GPU kernels, and work with submissions, tasks and results, outside of a pytest session.",
    )
    parser.add_argument("--version", action="version", version=f"pytest-kernelbench {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.declare(commands)
    return parser
