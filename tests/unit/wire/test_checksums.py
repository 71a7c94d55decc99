"""Checksums: they depend on every element and its place, and on nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pytest_kernelbench.wire import checksums as checksums_of
from pytest_kernelbench.wire.checksums import checksums, differing


def of(value: Any) -> str:
    return checksums({"x": value})["x"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bool, torch.int64, torch.complex64, torch.uint8])
def test_every_element_and_its_place_count(dtype: torch.dtype) -> None:
    tensor = (torch.arange(35) % 2).to(dtype).reshape(5, 7)
    seen = {of(tensor)}
    for at in range(35):
        changed = tensor.clone()
        changed.view(-1)[at] = 1 - int(tensor.view(-1)[at].real)
        seen.add(of(changed))
    assert len(seen) == 36
    assert of(tensor.view(-1).roll(1)) != of(tensor)


def test_the_layout_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    tensor = torch.randn(40, 50, generator=torch.Generator().manual_seed(0))
    padded = torch.zeros(40, 64)
    padded[:, 3:53] = tensor
    layouts = (tensor, tensor.t().contiguous().t(), padded[:, 3:53], torch.cat([torch.zeros(1), tensor.view(-1)])[1:])
    assert len({of(each) for each in layouts}) == 1
    turned = torch.complex(tensor, tensor).conj()
    assert of(turned) == of(torch.complex(tensor, -tensor))
    whole = of(tensor)
    monkeypatch.setattr(checksums_of, "PIECE", 800)
    assert of(tensor) != whole, "pieces are weighed anew, so that all processes have pieces of one size"


def test_lists_empty_tensors_and_numbers() -> None:
    one, other = torch.ones(3), torch.zeros(3)
    assert checksums({"a": [one, other], "b": 3, "c": None, "d": torch.empty(0)}).keys() == {"a", "d"}
    assert of([one, other]) != of([other, one])


def test_which_differ() -> None:
    assert differing({"a": "1", "b": "2"}, {"a": "1", "b": "3", "out": "4"}) == ["b"]
    assert differing({"a": "1"}, {}) == ["a"]
