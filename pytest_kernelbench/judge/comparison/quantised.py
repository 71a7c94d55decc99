"""Quantised results: the whole output must be that of one of the task's legal pipelines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.judge.comparison.verdict import Verdict, wrong

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.authoring.quantisation import Pipeline


def quantised(evidence: Evidence, got: Sequence[torch.Tensor]) -> Verdict:
    """Accept a result if all its elements agree with one pipeline; computing in floating point is not a pipeline."""
    assert evidence.task.pipelines is not None
    (expected,), (output,) = evidence.expected, got
    nearest: tuple[float, torch.Tensor, Pipeline] | None = None
    pipelines = 0
    for pipeline in evidence.task.pipelines(**evidence.arguments):
        errors = units(pipeline, output)
        worst = float(errors.max()) if errors.numel() else 0.0
        if worst <= 1:
            return Verdict(pipeline.grade)
        pipelines += 1
        if nearest is None or worst < nearest[0]:
            nearest = worst, errors, pipeline
    assert nearest is not None, "a task has at least one pipeline"
    return wrong(_report(expected.name, output, *nearest, pipelines))


def units(pipeline: Pipeline, output: torch.Tensor) -> torch.Tensor:
    """Return the error of each element in units of the pipeline's tolerance; infinite for NaN."""
    import torch

    error = torch.nan_to_num((output.double() - pipeline.value).abs(), nan=math.inf)
    return torch.where(error == 0, 0.0, error / pipeline.tolerance)


def _report(
    name: str, output: torch.Tensor, worst: float, errors: torch.Tensor, pipeline: Pipeline, pipelines: int
) -> str:
    """Return the worst element, how many are wrong, and the nearest pipeline; `errors` are those of that pipeline."""
    import torch

    at = int(errors.reshape(-1).argmax())
    index = [int(place) for place in torch.unravel_index(torch.tensor(at, device="cpu"), errors.shape)]
    got, wanted = output.reshape(-1)[at].item(), float(pipeline.value.reshape(-1)[at]) + 0.0
    over = "must be equal" if math.isinf(worst) else f"{worst:.3g} tolerances"
    others = f"nearest of {pipelines} pipelines" if pipelines > 1 else "pipeline"
    return "\n".join(
        [
            f"{name}{index}: got {got:.7g}, wanted {wanted:.7g} ({over})",
            f"{int((errors > 1).sum())} of {errors.numel()} elements are wrong",
            f"{others}: {pipeline.name}",
        ]
    )
