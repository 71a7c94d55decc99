"""The truth about a folder of GPU kernels, told by pytest."""

from __future__ import annotations

from pytest_kernelbench.model.case import Case, DType, Tensor
from pytest_kernelbench.model.errors import KernelBenchError, TaskError
from pytest_kernelbench.model.task import Contract, Given, Task

__all__ = ["Case", "Contract", "DType", "Given", "KernelBenchError", "Task", "TaskError", "Tensor", "__version__"]

__version__ = "0.1.0"
