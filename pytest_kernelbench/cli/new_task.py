"""`pytest-kernelbench new-task`: the file of a new task, which runs unchanged and is there to be edited."""

from __future__ import annotations

import argparse
import keyword
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kernelbench.model.catalogue import (
    CATEGORIES,
    Catalogue,
    category_of,
    default_root,
    is_installed,
    snake_case,
)
from pytest_kernelbench.model.errors import KernelBenchError, choices
from pytest_kernelbench.model.origin import Name

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands

OWN_TASKS = "kb_tasks"
"""Folder of the user's tasks, relative to the working directory, where the package is installed."""

TEMPLATE = '''"""Say in one sentence what {name} computes."""

from __future__ import annotations

from pytest_kernelbench.authoring import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, shapes, tensors


def reference(input, scale=1.0, out=None):
    return input * scale


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    return Case(input=draw(tensors(given, shape)), scale=draw(choice(1.0, -0.5, 3.0)))


task = Task(
    reference,
    cases,
    fixed_cases=(
        Case(input=Tensor((4, 5))),
        Case(input=Tensor((1,)), scale=-0.5),
        Case(input=Tensor((129,)), scale=3.0),
        Case(input=Tensor((3, 1025))),
        Case(input=Tensor((2, 3, 65)), scale=0.0),
        Case(input=Tensor((4099,)), scale=2.0),
        Case(input=Tensor((2, 0, 3))),
        Case(input=Tensor(()), scale=2.0),
    ),
    contract=Contract(empty=True, zero_dim=True),
    workloads={{"elements_64m": Case(input=Tensor((8192, 8192), "float16"), scale=2.0)}},
)
'''


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("new-task", help="write the file of a new task, which runs unchanged")
    parser.add_argument("category", nargs="?", metavar="CATEGORY", help="category, such as Fusion or linear_algebra")
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="name of the task, and of the function that kernels define"
    )
    parser.add_argument(
        "--into",
        type=Path,
        metavar="DIR",
        help=f"folder of tasks (default: {OWN_TASKS}; in a checkout of this project, its own tasks)",
    )
    parser.add_argument("--from", dest="kernel", metavar="KERNEL", help="kernel of the task, as module:function")
    parser.add_argument("--reference", metavar="FUNCTION", help="what it should equal, as module:function")
    parser.add_argument(
        "--example",
        action="append",
        metavar="CASE",
        help='arguments of a call, such as "x=Tensor((4, 64)), eps=1e-6"; repeatable',
    )
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the file and print its path."""
    into = arguments.into or (Path(OWN_TASKS) if is_installed() else default_root())
    catalogue = Catalogue.find([into] if into.is_dir() else [])
    category, name, text = arguments.category, arguments.name, None
    if arguments.kernel or arguments.reference or arguments.example:
        if not (arguments.kernel and arguments.reference and arguments.example):
            raise KernelBenchError("--from, --reference and --example belong together")
        from pytest_kernelbench.cli.inferred_task import inferred

        category, name = category or "Fusion", name or Name.parse(arguments.kernel).function
        text, told = inferred(arguments.kernel, arguments.reference, arguments.example)
        sys.stdout.write(f"{name}: {told}\n")
    if category is None or name is None:
        raise KernelBenchError("expected CATEGORY and NAME, or --from, --reference and --example")
    path = new_task(category, name, catalogue, into, text)
    check = f"Check it with `pytest-kernelbench doctor --check-tasks --tasks {into}`.\n"
    sys.stdout.write(f"{path}\n{check}")
    if arguments.kernel:
        sys.stdout.write(f"Judge it with `pytest --kb-tasks={into} --kb-kernel={name}={arguments.kernel}`.\n")
    return 0


def new_task(category: str, name: str, catalogue: Catalogue, root: Path, text: str | None = None) -> Path:
    """Write `<root>/<category>/<name>.py` with a text, by default that of a template, and return its path.

    Raises `KernelBenchError` for an unknown category, a name that is not a Python identifier, or a task that exists.
    """
    known = category_of(category)
    if known is None:
        raise KernelBenchError(f"{category!r} is not a category: {choices(category, CATEGORIES)}")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise KernelBenchError(f"{name!r} cannot be the name of a task: kernels are functions of that name")
    if name in catalogue.names():
        raise KernelBenchError(f"{catalogue.names()[name].path}: the task {name} exists already")
    path = root / snake_case(known) / f"{name}.py"
    if path.exists():
        raise KernelBenchError(f"{path}: exists already")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE.format(name=name) if text is None else text, encoding="utf-8")
    return path
