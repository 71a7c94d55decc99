"""Which inputs of an elementwise operation may be passed as `out=`, too."""

from __future__ import annotations

from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.judge.correctness.facets import OVERLAPPING
from pytest_kernelbench.model.case import Tensor


def writable_inputs(evidence: Evidence) -> list[str]:
    """Return the arguments that can hold the result: of its shape and dtype, without overlapping elements.

    PyTorch defines `out=` that is an input where each element of the result depends on the elements at its place alone,
    which tasks declare (`Task.elementwise`).
    """
    results = [expected for expected in evidence.expected if expected.name.startswith("result")]
    if not evidence.task.elementwise or len(results) != 1 or not results[0].eager.numel():
        return []
    shape, dtype = tuple(results[0].eager.shape), results[0].dtype
    return [
        name
        for name, value in evidence.case.arguments.items()
        if isinstance(value, Tensor)
        and (value.shape, value.dtype) == (shape, dtype)
        and value.layout not in OVERLAPPING
    ]
