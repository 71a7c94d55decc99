"""The file of a problem as the file of a task: its name, its level as its category, and its task once it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_kernelbench.model.catalogue import TaskFile
from pytest_kernelbench.model.problems import Number, kernel_name, number_of, problem_files
from pytest_kernelbench.model.task import Task

CATEGORY = "KernelBench"
"""Category of problems that lie in no folder of a level."""

TAIL = """

from types import SimpleNamespace

from pytest_kernelbench.wire.modules import ReferenceModule

task = SimpleNamespace(reference=ReferenceModule(Model))
"""
"""Appended to a problem for a process that runs its reference."""


@dataclass(frozen=True)
class ProblemFile(TaskFile):
    """The file of a problem."""

    number: Number | None
    """Level and number; None where the name of the file has no number."""

    def load(self) -> Task:
        """Run the file and return its task; raises `TaskError`."""
        from pytest_kernelbench.formats.kernelbench.task import task_of

        return task_of(self.path)

    def code(self) -> str:
        """Return code that defines `task`, for a process that runs its reference."""
        return f"{super().code()}{TAIL}"

    def is_called(self, stem: str) -> bool:
        """Whether a kernel's file is named after this problem: as KernelBench's runs do, or as the problem's file."""
        named = kernel_name(stem)
        return self.path.stem == stem or (named is not None and named[0] == self.number)


def problems(root: Path) -> list[ProblemFile]:
    """Return the problems in a folder and in its folders of levels; none where there are none."""
    found = []
    for path, level in problem_files(root):
        prefix, category = (f"level{level}_", f"Level{level}") if level else ("", CATEGORY)
        found.append(ProblemFile(f"{prefix}{path.stem}", category, path, number_of(path.stem, level)))
    return found
