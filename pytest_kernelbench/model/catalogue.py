"""The catalogue of tasks: found by listing folders, imported one at a time."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from pytest_kernelbench.model.errors import KernelBenchError, TaskError, choices
from pytest_kernelbench.model.locks import PROCESS_LOCK
from pytest_kernelbench.model.task import Contract, Task

CATEGORIES: Mapping[str, int] = {
    "Fusion": 60, "Math": 36, "LinearAlgebra": 17, "Activation": 10, "MatrixMultiply": 10,
    "Index": 6, "Loss": 6, "Quantization": 6, "Reduce": 6, "Normalization": 5,
    "Optimizer": 5, "SpatialOps": 3, "Convolution": 2, "Pooling": 2, "Random": 2,
}  # fmt: skip
"""The categories, each with its number of tasks in the full suite of 176."""


def snake_case(category: str) -> str:
    """Return the name of a category's marker and folder, `LinearAlgebra` -> `linear_algebra`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", category).lower()


_BY_LETTERS = {category.lower(): category for category in CATEGORIES}


def category_of(folder: str) -> str | None:
    """Return the category of a folder named `Fusion`, `fusion` or `linear_algebra`; None for any other name."""
    return _BY_LETTERS.get(folder.lower().replace("_", ""))


_PUBLISHED = re.compile(r"""\b(?:entry=(["']\w+["'])|aliases=\(([^)]*)\))""")
"""The names in `entry="..."` and `aliases=("...", ...)` of a task file."""

_QUOTED = re.compile(r"""["'](\w+)["']""")


@dataclass(frozen=True)
class TaskFile:
    """A task file, known by its path; it is read when needed."""

    name: str
    category: str
    path: Path

    @property
    def marker(self) -> str:
        """The category in snake case: the name of its folder and of its pytest marker."""
        return snake_case(self.category)

    @cached_property
    def sha256(self) -> str:
        """Digest of the file's bytes."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def load(self) -> Task:
        """Import the file and return its task; raises `TaskError`."""
        return _imported(self)

    def code(self) -> str:
        """Return code that defines `task`, for a process that runs its reference."""
        return self.path.read_text(encoding="utf-8")

    def is_called(self, stem: str) -> bool:
        """Whether the name of a kernel's file stands for this task though it is another name."""
        return False


class Catalogue:
    """The tasks under some folders, `<root>/<category>/<task>.py`, by name."""

    def __init__(self, files: Iterable[TaskFile], own: Iterable[TaskFile] = ()) -> None:
        shipped, mine = _by_name(files), _by_name(own)
        self.own = len(mine)
        """Number of tasks from the user's folder."""
        self.replaced = tuple(sorted(shipped.keys() & mine.keys()))
        """Names of shipped tasks that a task of the user's replaces."""
        self._files = dict(sorted({**shipped, **mine}.items()))
        self._tasks: dict[str, Task] = {}

    @classmethod
    def find(cls, roots: Sequence[Path] | None = None, own: Path | None = None) -> Catalogue:
        """List the tasks under `roots`, by default the shipped ones, and those of the user's folder `own`.

        A task under `own` replaces a shipped task of the same name. Raises `KernelBenchError` for a folder that does
        not exist and `TaskError` for two files of one name or a folder that is not a category.
        """
        folders = tuple(roots) if roots is not None else (default_root(),)
        return cls([file for folder in folders for file in _listed(folder)], _listed(own) if own else ())

    def names(self) -> Mapping[str, TaskFile]:
        """Return every task by name, in alphabetical order."""
        return self._files

    def counts(self) -> Mapping[str, int]:
        """Return how many tasks each category has, in the order of `CATEGORIES` and then of others."""
        found = Counter(file.category for file in self._files.values())
        others = sorted(found.keys() - CATEGORIES.keys())
        return {category: found[category] for category in (*CATEGORIES, *others)}

    def load(self, name: str) -> Task:
        """Return a task, importing its file the first time; raises `KernelBenchError` or `TaskError`."""
        with PROCESS_LOCK:
            if name not in self._tasks:
                if name not in self._files:
                    raise KernelBenchError(f"unknown task {name!r}: {choices(name, self._files)}")
                self._tasks[name] = self._files[name].load()
            return self._tasks[name]

    def code(self, name: str) -> str:
        """Return code that defines a task, for a process that runs its reference."""
        return self._files[name].code()

    def match(self, stem: str) -> TaskFile:
        """Return the task of a file name: the exact name, else ignoring case, else comparing letters and digits alone.

        A name that fits no task so is compared with the functions and aliases that the task files name. Raises
        `KernelBenchError` for a name that fits no task, or several.
        """
        called = [file for file in self._files.values() if file.is_called(stem)]
        if len(called) == 1:
            return called[0]
        for named in (self._files.items, self._published.items):
            for spelling in _SPELLINGS:
                found = {file.name: file for name, file in named() if spelling(name) == spelling(stem)}
                if len(found) == 1:
                    return next(iter(found.values()))
                if found:
                    raise KernelBenchError(f"{stem!r} may be any of {', '.join(found)}: write the exact name")
        raise KernelBenchError(f"no task is named {stem!r}: {choices(stem, self._files)}")

    def functions(self, file: TaskFile) -> tuple[str, ...]:
        """Return the names that a kernel's function may have, without loading the task."""
        return (file.name, "kernel_function", *(name for name, task in self._published.items() if task == file))

    @cached_property
    def _published(self) -> dict[str, TaskFile]:
        """The tasks whose function is published under other names, by these; files are read, but no task is loaded."""
        found: dict[str, TaskFile] = {}
        for file in (each for each in self._files.values() if each.path.is_file()):
            text = file.path.read_text(encoding="utf-8", errors="replace")
            for names in _PUBLISHED.findall(text):
                found |= dict.fromkeys(_QUOTED.findall("".join(names)), file)
        return found


def _alphanumeric(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


_SPELLINGS: tuple[Callable[[str], str], ...] = (str, str.lower, _alphanumeric)


def default_root() -> Path:
    """Return the folder of the shipped tasks: inside the package where it is installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    return package / "tasks" if is_installed() else package.parent / "tasks"


def is_installed() -> bool:
    """Whether the package has its tasks inside, as an installed one does and a checkout does not."""
    return (Path(__file__).resolve().parents[1] / "tasks").is_dir()


def _by_name(files: Iterable[TaskFile]) -> dict[str, TaskFile]:
    named: dict[str, TaskFile] = {}
    for file in sorted(files, key=lambda file: (file.name, str(file.path))):
        other = named.setdefault(file.name, file)
        if other is not file:
            raise TaskError(f"{other.path} and {file.path}: both are the task {file.name}; rename or remove one")
    return named


def _listed(root: Path) -> list[TaskFile]:
    """Return the task files under one folder; neither they nor anything else is opened."""
    if not root.is_dir():
        raise KernelBenchError(f"{root}: no such folder; a folder of tasks holds <category>/<task>.py")
    files = []
    for folder in sorted(entry for entry in root.iterdir() if entry.is_dir() and entry.name[0] not in "._"):
        paths = [path for path in sorted(folder.glob("*.py")) if path.name[0] not in "._"]
        category = category_of(folder.name)
        if paths and category is None:
            legal = choices(folder.name, map(snake_case, CATEGORIES))
            raise TaskError(f"{folder}: {folder.name!r} is not a category: {legal}")
        files += [TaskFile(path.stem, category, path) for path in paths if category is not None]
    return files


def _imported(file: TaskFile) -> Task:
    module = _module(file)
    task = getattr(module, "task", None)
    if isinstance(task, Task):
        return task
    found = "there is no `task`" if task is None else f"`task` is a {type(task).__name__}"
    raise TaskError(f"{file.path}: {found}; a task file ends with `task = Task(reference, cases, fixed_cases=...)`")


def _legal_field(error: Exception) -> str:
    """Return the end of an error message with the legal fields, if the error is an unknown field of a task."""
    for made in (Task, Contract):
        found = re.search(rf"{made.__name__}\.__init__\(\) got an unexpected keyword argument '(\w+)'", str(error))
        if found:
            return f"; {choices(found[1], made.__dataclass_fields__)}"
    return ""


def _module(file: TaskFile) -> ModuleType:
    name = f"kernelbench_task_{file.marker}_{file.name}"
    spec = importlib.util.spec_from_file_location(name, file.path)
    if spec is None or spec.loader is None:
        raise TaskError(f"{file.path}: cannot be imported; a task file is a .py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look up their module while they are defined. It is removed afterwards, because Hypothesis collects
    # constants from loaded modules, and the drawn cases of a task must not depend on which tasks were loaded before.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise TaskError(f"{file.path}: {type(error).__name__}: {error}{_legal_field(error)}") from error
    finally:
        sys.modules.pop(name, None)
    return module
