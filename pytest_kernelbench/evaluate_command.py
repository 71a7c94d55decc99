"""`pytest-kernelbench evaluate FILE`: one kernel, judged outside of a test session."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pytest_kernelbench.evaluation import evaluate
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.submission import LANGUAGES
from pytest_kernelbench.model.task import FACETS


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "evaluate",
        help="judge one kernel, and say what is wrong with it",
        description="Judge one kernel. The exit status is 0 if it passed, 1 if it did not, 2 for bad input.",
    )
    parser.add_argument("file", metavar="FILE", help="code of the kernel; - is standard input")
    parser.add_argument("--task", metavar="NAME", help="what it implements (default: the name of the file)")
    parser.add_argument("--json", action="store_true", help="print the records as one line of JSON")
    parser.add_argument("--feedback", action="store_true", help="print what a language model needs to improve it")
    parser.add_argument("--limit", type=int, default=2000, metavar="N", help="characters of feedback")
    parser.add_argument("--device", default="auto", help="where it runs: auto, cuda, interpreter, cpu")
    parser.add_argument("--facets", type=_names, default=FACETS, metavar="LIST", help="facets to try (default: all)")
    parser.add_argument("--examples", type=int, default=48, metavar="N", help="cases drawn beside the fixed ones")
    parser.add_argument("--timeout", type=float, default=240.0, metavar="SECONDS", help="time limit")
    parser.add_argument("--seed", default="0", help="what decides which cases are drawn")
    parser.add_argument("--target", type=_names, default=[], metavar="LIST", help="GPUs to compile for, by comma")
    parser.add_argument("--language", default=LANGUAGES[0], help=f"one of {', '.join(LANGUAGES)}")
    parser.add_argument("--tasks", type=Path, metavar="FOLDER", help="tasks of your own, beside the shipped ones")
    parser.add_argument("--allow", type=_names, default=[], metavar="LIST", help="what the audit does not reject")
    parser.add_argument("--sandbox", default="best", metavar="MODE", help="strict, best or off")
    parser.set_defaults(command=_run)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _run(arguments: argparse.Namespace) -> int:
    try:
        found = evaluate(
            _code(arguments.file),
            _task(arguments),
            device=arguments.device,
            facets=arguments.facets,
            examples=arguments.examples,
            timeout=arguments.timeout,
            seed=arguments.seed,
            targets=arguments.target,
            language=arguments.language,
            tasks=arguments.tasks,
            allow=arguments.allow,
            sandbox=arguments.sandbox,
        )
    except (KernelBenchError, OSError) as error:
        sys.stderr.write(f"pytest-kernelbench: {error}\n")
        return 2
    lines = [found.to_json()] if arguments.json else []
    if arguments.feedback or not lines:
        lines.append(found.feedback(arguments.limit) if arguments.feedback else found.headline)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0 if found.passed else 1


def _code(file: str) -> str:
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return data.decode("utf-8-sig", errors="replace")


def _task(arguments: argparse.Namespace) -> str:
    if arguments.task:
        return str(arguments.task)
    if arguments.file == "-":
        raise KernelBenchError("standard input has no name: give --task=NAME")
    return Path(arguments.file).stem
