"""Lower bounds on the work of a case: floating-point operations and moved bytes, counted from shapes alone."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

from pytest_kernelbench.judge.comparison.evidence import OracleError, signature, tensors_in
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.wire.calling_conventions import invoke
from pytest_kernelbench.wire.materialize import geometry, torch_dtype, values_of

if TYPE_CHECKING:
    import torch


class FlopsAndBytes(NamedTuple):
    """The least work of any implementation."""

    flops: int
    """Multiplications and additions of matrix products and convolutions; other arithmetic is faster than memory."""
    moved_bytes: int
    """Bytes of every input, read once, and of every result, written once."""


def flops_and_bytes(task: Task, case: Case) -> FlopsAndBytes:
    """Return the work of a case: the task's own `flops_and_bytes`, or a count from the reference on fake tensors.

    Raises `OracleError` where the reference needs the values of its inputs: such a task needs a `flops_and_bytes`.
    """
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.utils.flop_counter import FlopCounterMode

    if task.flops_and_bytes is not None:
        return FlopsAndBytes(*task.flops_and_bytes(case))

    def empty(path: str, recipe: Tensor) -> torch.Tensor:
        elements, strides, offset = geometry(recipe)
        return torch.empty(elements, dtype=torch_dtype(recipe.dtype)).as_strided(recipe.shape, strides, offset)

    with FakeTensorMode(), FlopCounterMode(display=False) as counter, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = values_of(case, empty)
        inputs = tensors_in(values)
        try:
            result = invoke(task.calling_convention, task.reference, signature(task), values)
        except Exception as error:
            raise OracleError(f"no work can be counted for {case}: {type(error).__name__}: {error}") from error
        updated = [value for name, value in values.items() if name in task.mutates]
        outputs = tensors_in([result, updated])
    return FlopsAndBytes(
        counter.get_total_flops(), sum(tensor.numel() * tensor.element_size() for tensor in inputs + outputs)
    )
