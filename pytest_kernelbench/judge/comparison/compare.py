"""Comparison of a kernel's outputs with the evidence: structure first, then values by the task's comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.comparison.dropout import dropout
from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.judge.comparison.properties import properties
from pytest_kernelbench.judge.comparison.quantised import quantised
from pytest_kernelbench.judge.comparison.randomness import random
from pytest_kernelbench.judge.comparison.semantics import gathered, residual
from pytest_kernelbench.judge.comparison.values import values
from pytest_kernelbench.judge.comparison.verdict import Verdict, wrong

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.host.answers import Output

COMPARISONS: Mapping[str, Callable[[Evidence, Sequence[torch.Tensor]], Verdict]] = {
    "values": values,
    "gathered": gathered,
    "residual": residual,
    "random": random,
    "quantised": quantised,
    "properties": properties,
    "dropout": dropout,
}
"""The comparison for each value of a task's field `compare`, which is one of `model.task.COMPARISONS`."""


def compare(evidence: Evidence, outputs: Sequence[Output]) -> Verdict:
    """Compare the number, type, shape and dtype of a kernel's outputs with the evidence, then their values."""
    structure = _structure(evidence, outputs)
    if structure.mismatch is not None:
        return structure
    tensors = [output.tensor for output in outputs if output.tensor is not None]
    return COMPARISONS[evidence.task.compare](evidence, tensors)


def _structure(evidence: Evidence, outputs: Sequence[Output]) -> Verdict:
    """Compare everything but the values."""
    if len(outputs) != len(evidence.expected):
        names = ", ".join(expected.name for expected in evidence.expected)
        return wrong(f"got {len(outputs)} outputs, wanted {len(evidence.expected)}: {names}", "wrong_shape")
    for expected, got in zip(evidence.expected, outputs, strict=True):
        name, shape = expected.name, tuple(expected.exact.shape)
        if got.kind != "Tensor":
            status = "contract" if got.subclass else "wrong_dtype"
            return wrong(f"{name} is a {got.kind} ({got.value}), wanted a torch.Tensor", status)
        if got.shape != shape:
            return wrong(f"{name}.shape is {got.shape}, wanted {shape}", "wrong_shape")
        if got.dtype != expected.dtype:
            return wrong(f"{name}.dtype is {got.dtype}, wanted {expected.dtype}", "wrong_dtype")
        if got.tensor is None:
            return wrong(f"{name} has the layout {got.layout}, wanted a strided tensor", "contract")
    return Verdict("ieee")
