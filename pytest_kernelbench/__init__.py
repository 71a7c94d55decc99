"""The truth about a folder of GPU kernels, told by pytest."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from pytest_kernelbench.evaluation import Evaluation, evaluate
from pytest_kernelbench.model.case import Case, DType, Tensor
from pytest_kernelbench.model.errors import KernelBenchError, TaskError
from pytest_kernelbench.model.task import Contract, Given, Task

__all__ = ["Case", "Contract", "DType", "Evaluation", "Given", "KernelBenchError", "Task", "TaskError", "Tensor",
           "__version__", "evaluate"]  # fmt: skip

try:
    __version__ = version("pytest-kernelbench")
except PackageNotFoundError:
    __version__ = "0+unknown"
    """A checkout on the path that nobody installed."""
