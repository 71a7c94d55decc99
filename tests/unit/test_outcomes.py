"""Dropout: each element kept or dropped, as often as it should be, by draws that do not depend on each other."""

from __future__ import annotations

from typing import Any

import pytest
from judging import evidence_of, right, verdict

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.outcomes import must_differ
from pytest_kernelbench.judge.statistics import correlated


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
        compare="outcomes",
        outcomes=(kept, dropped),
        chance=lambda case: case.p,
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
        compare="outcomes",
        outcomes=(all_kept, lambda x, p: x * 0),
        chance=lambda case: case.p,
    )
    for seed in range(30):
        torch.manual_seed(seed)
        assert right(found, scaled(found.arguments["x"], 0.5))


def test_draws_that_depend_on_each_other() -> None:
    import torch

    for p in (0.1, 0.5):
        keep = torch.rand(5000, generator=torch.Generator().manual_seed(3)) >= p
        standard = (keep.double() - (1 - p)) / (p * (1 - p)) ** 0.5
        most = (1 - p) / p
        assert correlated(standard, most) is None
        for lag in (1, 32, 1024):
            assert correlated(torch.cat([standard[:lag]] * (5000 // lag)), most) is not None
