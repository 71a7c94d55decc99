"""References in slices: the same results, and only where rows have nothing to do with each other."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison import slices
from pytest_kernelbench.judge.comparison.slices import in_slices, independent_rows
from tests.support.judging import evidence_of

ROWS, COLUMNS = 4200, 30


@pytest.fixture(autouse=True)
def _low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "LARGE", 1 << 16)
    monkeypatch.setattr(slices, "SLICE", 1 << 14)


def arguments(**more: Any) -> dict[str, Any]:
    """Return two large tensors with the same rows, and further arguments."""
    generator = torch.Generator().manual_seed(3)
    x, y = (torch.randn(ROWS, COLUMNS, generator=generator, dtype=torch.float64) for _ in range(2))
    return {"x": x, "y": y, **more}


ALONE = {
    "softmax": lambda x, y: x.softmax(-1) * y,
    "cosine": lambda x, y: torch.cosine_similarity(x, y),
    "sum": lambda x, y: x.sum(-1),
    "product": lambda x, y: (x + y) @ torch.ones(COLUMNS, 4, dtype=x.dtype),
    "sorted": lambda x, y: (x * y).sort(-1).values,
}

TOGETHER = {
    "normalised by columns": lambda x, y: x / x.norm(dim=0) + y,
    "mean": lambda x, y: (x * y).mean(),
    "cumulative": lambda x, y: x.cumsum(0) + y,
    "shifted": lambda x, y: x.roll(1, 0) + y,
    "transposed": lambda x, y: (x * y).t(),
    "random": lambda x, y: x + torch.rand_like(y),
    "all rows": lambda x, y: x.view(ROWS, COLUMNS) + y,
}


@pytest.mark.parametrize("name", ALONE)
def test_rows_alone(name: str) -> None:
    calls = []

    def run(given: Any) -> dict[str, torch.Tensor]:
        calls.append(len(given["x"]))
        return {"result": ALONE[name](**given)}

    rows = independent_rows(run, arguments())
    assert rows == ROWS
    assert max(calls) < 10
    whole = ALONE[name](**arguments())
    assert torch.allclose(in_slices(run, arguments(), rows)["result"], whole, rtol=1e-12, atol=1e-12)
    assert max(calls) < ROWS / 10


@pytest.mark.parametrize("name", TOGETHER)
def test_rows_that_depend_on_each_other(name: str) -> None:
    assert independent_rows(lambda given: {"result": TOGETHER[name](**given)}, arguments()) is None


@pytest.mark.parametrize(
    "given",
    [
        {"x": torch.ones(100, 30), "y": torch.ones(100, 30)},
        {"x": torch.ones(ROWS, 30), "y": torch.ones(30, ROWS)},
        {"x": torch.ones(ROWS * 30)},
        {"x": torch.ones(ROWS, 30), "y": torch.ones(ROWS)},
        {"size": 3},
    ],
    ids=["small", "other rows", "flat", "a number for each row, or column", "no tensors"],
)
def test_cases_without_slices(given: dict[str, Any]) -> None:
    assert independent_rows(lambda given: {"result": next(iter(given.values()))}, given) is None


def test_evidence_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(x=Tensor((ROWS, COLUMNS), "float16"), y=Tensor((ROWS, COLUMNS), "float16"))
    (sliced,) = evidence_of(ALONE["softmax"], case).expected
    monkeypatch.setattr(slices, "LARGE", 1 << 60)
    (whole,) = evidence_of(ALONE["softmax"], case).expected
    assert torch.allclose(sliced.exact, whole.exact, rtol=1e-14)
    assert torch.equal(sliced.eager, whole.eager)
    assert sliced.spread is not None
    assert whole.spread is not None
    assert float(sliced.spread.mean()) == pytest.approx(float(whole.spread.mean()), rel=0.05)
