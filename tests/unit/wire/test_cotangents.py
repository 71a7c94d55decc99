from __future__ import annotations

import pytest
import torch

from pytest_kernelbench.wire.cotangents import KINDS, cotangent


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(), (3,), (4, 5), (2, 1, 3)])
def test_every_dtype_gets_the_same_values(kind: str, shape: tuple[int, ...]) -> None:
    wanted = cotangent(torch.empty(shape, dtype=torch.float64), 0, kind)
    assert wanted.shape == shape
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        found = cotangent(torch.empty(shape, dtype=dtype), 0, kind)
        assert found.dtype == dtype
        assert torch.equal(found.double(), wanted)


def test_kinds_differ_in_their_strides() -> None:
    like = torch.empty(4, 6)
    strides = {kind: cotangent(like, 0, kind).stride() for kind in KINDS}
    assert strides == {
        "contiguous": (6, 1), "strided": (12, 2), "transposed": (1, 4), "expanded": (0, 0), "zeros": (6, 1),
    }  # fmt: skip


def test_results_get_different_gradients() -> None:
    like = torch.empty(40)
    assert not torch.equal(cotangent(like, 0, "contiguous"), cotangent(like, 1, "contiguous"))
