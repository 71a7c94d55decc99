"""Judges GPU kernels: a pytest plugin, and `evaluate()` for programs.

The public names are imported when they are first used, because a kernel's process imports this package, too, and must
not import the judge.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_kernelbench.authoring.kernel_tests import KernelTest, kernel_test
    from pytest_kernelbench.authoring.strategies import sizes, tensors
    from pytest_kernelbench.evaluation.api import Evaluation, evaluate
    from pytest_kernelbench.model.case import Case, DType, Generator, Tensor
    from pytest_kernelbench.model.errors import KernelBenchError, TaskError
    from pytest_kernelbench.model.task import Contract, DrawRequest, Task

    __version__: str

__all__ = ["Case", "Contract", "DType", "DrawRequest", "Evaluation", "Generator", "KernelBenchError", "KernelTest",
           "Task", "TaskError", "Tensor", "__version__", "evaluate", "kernel_test", "sizes", "tensors"]  # fmt: skip

_HOMES = {
    "Case": "model.case",
    "Contract": "model.task",
    "DType": "model.case",
    "DrawRequest": "model.task",
    "Evaluation": "evaluation.api",
    "Generator": "model.case",
    "KernelBenchError": "model.errors",
    "KernelTest": "authoring.kernel_tests",
    "Task": "model.task",
    "TaskError": "model.errors",
    "Tensor": "model.case",
    "evaluate": "evaluation.api",
    "kernel_test": "authoring.kernel_tests",
    "sizes": "authoring.strategies",
    "tensors": "authoring.strategies",
}
"""The module of each public name."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def _version() -> str:
    """Return the installed version, or `0+unknown` in a checkout that is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pytest-kernelbench")
    except PackageNotFoundError:
        return "0+unknown"
