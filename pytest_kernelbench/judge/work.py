"""How much work a case is at least: floating-point operations, and bytes that must move, counted on shapes alone."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

from pytest_kernelbench.judge.oracle import OracleError, signature
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import Task
from pytest_kernelbench.runner.drivers import drive
from pytest_kernelbench.runner.materialize import geometry, torch_dtype, values_of


class Work(NamedTuple):
    """The least that any implementation does."""

    flops: int
    """Multiplications and additions of products and convolutions; other arithmetic hides behind memory."""
    moved_bytes: int
    """Every input read once and every result written once."""


def work(task: Task, case: Case) -> Work:
    """Return the work of a case: the task's own count, or one made by running the reference without any data.

    Raises `OracleError` where the reference needs the values of its inputs: such a task gives `work` itself.
    """
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import FlopCounterMode

    if task.work is not None:
        return Work(*task.work(case))

    def empty(path: str, recipe: Tensor) -> torch.Tensor:
        elements, strides, offset = geometry(recipe)
        return torch.empty(elements, dtype=torch_dtype(recipe.dtype)).as_strided(recipe.shape, strides, offset)

    with FakeTensorMode(), FlopCounterMode(display=False) as counter, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = values_of(case, empty)
        inputs = _tensors(tree_leaves(values))
        try:
            result = drive(task.driver, task.reference, signature(task), values)
        except Exception as error:
            raise OracleError(f"no work can be counted for {case}: {type(error).__name__}: {error}") from error
        changed = [value for name, value in values.items() if name in task.mutates]
        outputs = _tensors(tree_leaves([result, changed]))
    return Work(counter.get_total_flops(), sum(tensor.numel() * tensor.element_size() for tensor in inputs + outputs))


def _tensors(leaves: list[Any]) -> list[Any]:
    import torch

    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
