"""Dropout: each element kept or dropped, as often as it should be, by draws that do not depend on each other."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison.dropout import must_differ
from tests.support.judging import evidence_of, right, verdict


def dropped_tanh(x, p):
    from torch.nn.functional import dropout

    return dropout(x.tanh(), p) + 1


def kept(x, p):
    return x.tanh() / (1 - p) + 1 if p < 1 else x * 0 + 1


def dropped(x, p):
    return x * 0 + 1


def evidence(p: float, shape: tuple[int, ...] = (64, 128)) -> Any:
    return evidence_of(
        dropped_tanh,
        Case(x=Tensor(shape), p=p),
        compare="dropout",
        dropout=(kept, dropped),
        drop_probability=lambda case: case.p,
    )


@pytest.mark.parametrize("p", [0.0, 0.01, 0.3, 0.5, 0.99, 1.0])
def test_eager_is_right_whatever_the_draws(p: float) -> None:
    import torch

    found = evidence(p)
    x = found.arguments["x"]
    for seed in range(20):
        torch.manual_seed(seed)
        assert right(found, dropped_tanh(x, p))
        assert right(found, dropped_tanh(x.double(), p).float())


@pytest.mark.parametrize("p", [0.3, 0.5])
def test_faults(p: float) -> None:
    import torch

    found = evidence(p)
    x = found.arguments["x"]
    tanh = x.tanh()
    keep = torch.rand(x.shape, generator=torch.Generator().manual_seed(1)) >= p
    faults = {
        "kept or dropped": tanh * keep + 1,
        "elements were dropped": tanh * (torch.rand(x.shape) >= p + 0.1) / (1 - p) + 1,
        "correlated": tanh * keep[:1] / (1 - p) + 1,
    }
    for text, fault in faults.items():
        mismatch = verdict(found, fault).mismatch
        assert mismatch is not None
        assert text in mismatch.message
    assert right(found, tanh * keep / (1 - p) + 1)
    assert not right(found, tanh / (1 - p) + 1)
    assert not right(found, torch.ones_like(x))


def test_without_chance_every_element_is_decided() -> None:
    import torch

    x = evidence(0.0).arguments["x"]
    one_lost = kept(x, 0.0)
    one_lost[3, 4] = 1
    assert not right(evidence(0.0), one_lost)
    assert not right(evidence(1.0), torch.where(torch.arange(x.numel()).reshape(x.shape) == 7, x.tanh() + 1, 1.0))


def test_when_two_calls_must_differ() -> None:
    for p, shape, must in ((0.5, (64, 128), True), (0.5, (5,), False), (0.0, (64, 128), False), (1.0, (64,), False)):
        found = evidence(p, shape)
        assert must_differ(found) is must


def test_elements_that_may_be_either_are_not_counted() -> None:
    import torch

    def scaled(x, p):
        from torch.nn.functional import dropout

        return dropout(x.sigmoid(), p)

    def all_kept(x, p):
        return x.sigmoid() / (1 - p)

    found = evidence_of(
        scaled,
        Case(x=Tensor((64, 64), fill="normal(0, 30)"), p=0.5),
        compare="dropout",
        dropout=(all_kept, lambda x, p: x * 0),
        drop_probability=lambda case: case.p,
    )
    for seed in range(30):
        torch.manual_seed(seed)
        assert right(found, scaled(found.arguments["x"], 0.5))


def test_a_product_in_tf32_where_that_is_allowed() -> None:
    import torch

    def product(x, y, p):
        from torch.nn.functional import dropout

        return dropout(x @ y, p)

    def coarse(value: torch.Tensor) -> torch.Tensor:
        return (value.view(torch.int32) & ~0x1FFF).view(torch.float32)

    for tf32, grade in ((True, "tf32"), (False, None)):
        found = evidence_of(
            product,
            Case(x=Tensor((64, 64)), y=Tensor((64, 64), seed=1), p=0.5),
            compare="dropout",
            dropout=(lambda x, y, p: (x @ y) / (1 - p), lambda x, y, p: (x @ y) * 0),
            drop_probability=lambda case: case.p,
            accumulation=lambda case: 64,
            tf32=tf32,
        )
        x, y = (coarse(found.arguments[name]) for name in "xy")
        torch.manual_seed(1)
        assert verdict(found, product(x, y, 0.5)).grade == grade
        assert verdict(found, product(found.arguments["x"], found.arguments["y"], 0.5)).grade == "ieee"


def rows_of(p: float, rows: int, columns: int) -> Any:
    return evidence_of(
        dropped_tanh,
        Case(x=Tensor((rows, columns)), p=p),
        compare="dropout",
        dropout=(kept, dropped),
        drop_probability=lambda case: case.p,
        drops_together=lambda case: columns,
    )


def test_elements_that_one_draw_decides_count_once() -> None:
    import torch

    found = rows_of(0.5, 20_000, 3)
    tanh = found.arguments["x"].tanh()
    for seed, rate in ((1, 0.5), (2, 0.5), (3, 0.5 * 17 / 16)):
        keep = torch.rand((20_000, 1), generator=torch.Generator().manual_seed(seed)) >= rate
        assert right(found, tanh * keep / 0.5 + 1) is (rate == 0.5)
    mismatch = verdict(found, tanh * (torch.rand(tanh.shape) >= 0.5) / 0.5 + 1).mismatch
    assert mismatch is not None
    assert "which one draw decides, some are kept and some dropped" in mismatch.message


def test_few_draws_of_many_elements_may_repeat_and_may_all_be_dropped() -> None:
    found = rows_of(0.5, 4, 100)
    assert right(found, dropped(found.arguments["x"], 0.5))
    assert not must_differ(found)
    assert must_differ(rows_of(0.5, 40, 2))
