"""`pytest-kernelbench evaluate FILE`: one kernel, judged outside of a pytest session."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.evaluation.api import Evaluation, evaluate
from pytest_kernelbench.evaluation.options import NO_TARGET, OPTIONS
from pytest_kernelbench.model.code import Undecodable, decoded
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.helpers import helpers_of
from pytest_kernelbench.model.record import Record
from pytest_kernelbench.model.source import Source
from pytest_kernelbench.model.submission import LANGUAGES
from pytest_kernelbench.report.feedback import headline
from pytest_kernelbench.report.text import indented, visible

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands

JUDGING = ("device", "facets", "examples", "timeout", "target", "compile-timeout", "tasks", "allow", "sandbox")
"""Names of the options of pytest that this command shares, in the order of the help text."""

DESCRIPTION = "Judge one kernel. The exit status is 0 if it passed, 1 if it did not, 2 for bad input."


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("evaluate", help="judge one kernel and print what is wrong", description=DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="code of the kernel; - is standard input")
    parser.add_argument("--task", metavar="NAME", help="task of the kernel (default: the name of the file)")
    parser.add_argument("--json", action="store_true", help="print the records as one line of JSON")
    parser.add_argument("--feedback", action="store_true", help="print feedback that a language model can work with")
    parser.add_argument(
        "--limit", type=int, default=2000, metavar="N", help="characters of feedback (default: %(default)s)"
    )
    for name in JUDGING:
        option = OPTIONS[name]
        parser.add_argument(f"--{name}", metavar=option.placeholder, default=option.default, help=option.described)
    parser.add_argument("--seed", default="0", help="decides which cases are drawn (default: %(default)s)")
    parser.add_argument(
        "--language",
        default=LANGUAGES[0],
        help=f"language of the kernel: {', '.join(LANGUAGES)} (default: %(default)s)",
    )
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Judge the kernel, print the result, and return 0 if it passed, 1 if it did not, 2 for bad input."""
    try:
        found = evaluate(
            _code(arguments.file), _task(arguments), helpers=_helpers(arguments.file), **_settings(arguments)
        )
    except (KernelBenchError, OSError) as error:
        sys.stderr.write(f"pytest-kernelbench: {error}\n")
        return 2
    lines = [found.to_json()] if arguments.json else []
    if arguments.feedback:
        lines.append(found.feedback(arguments.limit))
    sys.stdout.writelines(f"{line}\n" for line in lines or _result(found))
    return 0 if found.passed else 1


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of `evaluate`; raises `KernelBenchError` for a bad value, as the user has written it."""
    given = {name: getattr(arguments, name.replace("-", "_")) for name in JUDGING}
    checked = {name: OPTIONS[name].checked(text, f"--{name}") for name, text in given.items() if text is not None}
    asked = checked.pop("target", None)
    targets = [] if asked is None else [target.name for target in asked] or [NO_TARGET]
    settings = {name.replace("-", "_"): value for name, value in checked.items()}
    return {**settings, "targets": targets, "seed": arguments.seed, "language": arguments.language}


def _result(found: Evaluation) -> Iterator[str]:
    """Yield the headline; for a kernel that did not pass, also each failure with the case that shows it."""
    failed = [record for record in (found.record, *found.compiled) if record.status != "passed"]
    if not failed:
        yield found.headline
    for record in failed:
        yield from _failure(record)


def _failure(record: Record) -> Iterator[str]:
    yield headline(record)
    if record.failure is not None:
        yield visible(indented(record.failure.message))
        if record.failure.case is not None:
            yield f"  {visible(record.failure.case)}"


def _code(file: str) -> str:
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        return decoded(data)
    except Undecodable as error:
        raise KernelBenchError(f"{file}: {error}") from None


def _helpers(file: str) -> dict[str, str]:
    """Return the modules that a kernel's file imports from its submission."""
    if file == "-":
        return {}
    source = Source.at(Path(file))
    return helpers_of(source.path, source.root)


def _task(arguments: argparse.Namespace) -> str:
    if arguments.task:
        return str(arguments.task)
    if arguments.file == "-":
        raise KernelBenchError("standard input has no name: give --task=NAME")
    return Path(arguments.file).stem
