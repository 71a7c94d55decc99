"""Quantised results: the whole output must be what one of the task's legal pipelines gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.compare import Mismatch, Verdict
from pytest_kernelbench.judge.oracle import Evidence

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.judge.codes import Pipeline


def quantised(evidence: Evidence, got: Sequence[Any]) -> Verdict:
    """Accept a result that one pipeline explains in every element; what floating point gives is none."""
    assert evidence.task.pipelines is not None
    (want,), (output,) = evidence.wanted, got
    nearest: tuple[float, torch.Tensor, Pipeline] | None = None
    count = 0
    for pipeline in evidence.task.pipelines(**evidence.arguments):
        off = units(pipeline, output)
        worst = float(off.max()) if off.numel() else 0.0
        if worst <= 1:
            return Verdict(pipeline.grade)
        count += 1
        if nearest is None or worst < nearest[0]:
            nearest = worst, off, pipeline
    assert nearest is not None, "a task names at least one pipeline"
    return Verdict(None, Mismatch("wrong_values", _report(want.name, output, *nearest, count)))


def units(pipeline: Pipeline, output: torch.Tensor) -> torch.Tensor:
    """Return how many tolerances each element is off; NaN is infinitely far off."""
    import torch

    error = torch.nan_to_num((output.double() - pipeline.value).abs(), nan=math.inf)
    return torch.where(error == 0, 0.0, error / pipeline.tolerance)


def _report(
    name: str, output: torch.Tensor, worst: float, off: torch.Tensor, pipeline: Pipeline, pipelines: int
) -> str:
    import torch

    at = int(off.reshape(-1).argmax())
    index = [int(place) for place in torch.unravel_index(torch.tensor(at), off.shape)]
    got, wanted = output.reshape(-1)[at].item(), float(pipeline.value.reshape(-1)[at]) + 0.0
    over = "must be equal" if math.isinf(worst) else f"{worst:.3g} tolerances"
    others = f"nearest of {pipelines} pipelines" if pipelines > 1 else "pipeline"
    return "\n".join(
        [
            f"{name}{index}: got {got:.7g}, wanted {wanted:.7g} ({over})",
            f"{int((off > 1).sum())} of {off.numel()} elements are wrong",
            f"{others}: {pipeline.name}",
        ]
    )
