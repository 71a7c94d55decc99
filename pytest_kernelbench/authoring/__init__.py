"""What a task file may import, and nothing else of this package.

- This module: `Task` with its `Contract`, and `Case`, `Tensor`, `DType` and `Generator` for concrete inputs.
  `DrawRequest` is the type of the second argument of `cases(draw, given)`. `pytest_kernelbench` has the same names.
- `authoring.strategies`: building blocks for `cases`, and families of whole tasks (`elementwise`, `reduction`). Its
  modules `conv` and `linalg` have those for convolution, pooling and linear algebra.
- `authoring.families`: cases, contracts and helpers that shipped tasks of one kind share; one module for each kind.
- `authoring.quantisation`: parts of the `pipelines` of quantised tasks.

The names of fills, layouts and dtypes are in `model.case`. Importing these modules loads neither torch nor Hypothesis.
"""

from __future__ import annotations

from pytest_kernelbench.model.case import Case, DType, Generator, Tensor
from pytest_kernelbench.model.task import Contract, DrawRequest, Task

__all__ = ["Case", "Contract", "DType", "DrawRequest", "Generator", "Task", "Tensor"]
