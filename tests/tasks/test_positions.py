"""Positions between pixels that a task's documentation does not round: exact ones and PyTorch's own are both right."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison.evidence import collect_evidence
from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.soundness import refusals

ROUNDED = Case(input=Tensor((1, 1, 2, 200_001)), size=(3, 1026))
"""Pixel 461 is that at 461 * 200001 / 1026 = 89863.997, which float32 rounds to the next whole number."""


def test_the_nearest_pixel_is_that_of_the_exact_position_or_the_one_that_pytorch_takes() -> None:
    task = Catalogue.find().load("interpolate")
    (result,) = collect_evidence(task, ROUNDED).expected
    assert result.exact[0, 0, 2, 461] != result.eager[0, 0, 2, 461]
    assert not list(refusals(task, ROUNDED))
