"""A new task: a file that runs as it is written, for its author to change."""

from __future__ import annotations

import keyword
from pathlib import Path

from pytest_kernelbench.model.catalogue import CATEGORIES, Catalogue, category_of, snake_case
from pytest_kernelbench.model.errors import KernelBenchError, choices

TEMPLATE = '''"""Say in one sentence what {name} computes."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, shapes, tensors


def reference(input, scale=1.0, out=None):
    return input * scale


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    return Case(input=draw(tensors(given, shape)), scale=draw(choice(1.0, -0.5, 3.0)))


task = Task(
    reference,
    cases,
    spine=(
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


def new_task(category: str, name: str, catalogue: Catalogue, root: Path) -> Path:
    """Write `<root>/<category>/<name>.py` and return its path.

    Raises `KernelBenchError` for an unknown category, a name that no function can have, or a task that exists.
    """
    known = category_of(category)
    if known is None:
        raise KernelBenchError(f"{category!r} is no category: {choices(category, CATEGORIES)}")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise KernelBenchError(f"{name!r} cannot be the name of a task: kernels are functions of that name")
    if name in catalogue.names():
        raise KernelBenchError(f"{catalogue.names()[name].path}: there is a task {name} already")
    path = root / snake_case(known) / f"{name}.py"
    if path.exists():
        raise KernelBenchError(f"{path}: exists already")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE.format(name=name), encoding="utf-8")
    return path
