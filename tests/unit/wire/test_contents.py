"""The contents of tensors: large matrices are kept, and nobody changes what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pytest_kernelbench import Tensor
from pytest_kernelbench.wire import contents as module
from pytest_kernelbench.wire.contents import contents

MATRICES = Tensor((1 << 14, 2, 2), "float32", fill="nonsingular", seed=3)


@pytest.fixture(autouse=True)
def empty() -> None:
    module._kept.cache_clear()


def test_large_matrices_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = contents("A", MATRICES)
    monkeypatch.setattr(module, "_drawn", None)
    assert contents("A", replace(MATRICES, layout="transposed")) is first
    with pytest.raises(TypeError):
        contents("B", MATRICES)


def test_an_edit_leaves_what_is_kept_alone() -> None:
    before = contents("A", MATRICES).clone()
    edited = contents("A", replace(MATRICES, edited=7))
    assert int((edited != before).sum()) == 1
    assert torch.equal(contents("A", MATRICES), before)


@pytest.mark.parametrize("recipe", [replace(MATRICES, shape=(4, 2, 2)), replace(MATRICES, fill="normal")])
def test_everything_else_is_drawn_anew(recipe: Tensor) -> None:
    first = contents("A", recipe)
    again = contents("A", recipe)
    assert again is not first
    assert torch.equal(again, first)
